"""What a slow, plain reference in float64 finds when it indexes a small SAE over 200 prompts.

    python make_index.py

Writes index.safetensors (inputs: the SAE `sae.*` and the updates `updates` f16 [steps, pictures, cells, width]; figures
by feature, f64) and index.json (prompts; lists by feature: words, co-active features, neighbours, examples; the fit).
Updates are made, not measured: each word has its own direction, which appears in some cells of the pictures whose prompt
has it, and noise is added, so that every figure has something to find. Everything is written out with loops and without
the tricks of the program under test (no sums kept on the way, no samples, no tables of pairs).
"""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import torch
from common import meta, start, write_json, write_tensors

SEED = 3
PICTURES, CELLS, STEPS, WIDTH, FEATURES, K = 200, 16, 2, 16, 96, 4
NOUNS = ['cat', 'dog', 'apple', 'rocket', 'castle', 'bee', 'pizza', 'key']
LOOKS = ['red', 'big', 'small', 'striped', 'Blue']
PLACES = ['on grass', 'in the snow', 'at night', "on a child's desk", 'in space']
PER_INTERVAL = 6
EDGES = [2 ** (i / 2 - 16) for i in range(65)]


def make_inputs() -> tuple[list[str], dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(SEED)
    prompts = [
        f'a {rng.choice(LOOKS)} {rng.choice(NOUNS)} and a {rng.choice(NOUNS)} {rng.choice(PLACES)}'
        for _ in range(PICTURES)
    ]
    decoder = rng.standard_normal((FEATURES, WIDTH))
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    encoder = decoder * rng.uniform(0.8, 1.2, (FEATURES, 1)) + 0.05 * rng.standard_normal((FEATURES, WIDTH))
    latent_bias = rng.uniform(-2.2, -0.8, FEATURES)
    latent_bias[-6:] = -50  # six features that never fire
    sae = {
        'encoder': encoder.astype(np.float32),
        'decoder': decoder.astype(np.float32),
        'pre_bias': (0.3 * rng.standard_normal(WIDTH)).astype(np.float32),
        'latent_bias': latent_bias.astype(np.float32),
    }
    vocabulary = sorted({word for prompt in prompts for word in words_of(prompt)})
    directions = {word: rng.standard_normal(WIDTH) for word in vocabulary}
    updates = np.zeros((STEPS, PICTURES, CELLS, WIDTH))
    for picture, prompt in enumerate(prompts):
        for step in range(STEPS):
            updates[step, picture] = sae['pre_bias'] + 0.5 * rng.standard_normal((CELLS, WIDTH))
            for word in sorted(words_of(prompt)):
                for cell in rng.choice(CELLS, 3, replace=False):
                    updates[step, picture, cell] += rng.uniform(0.3, 1.5) * directions[word]
    return prompts, sae, updates.astype(np.float16)


NAMELESS = set('a an and are as at by for from has in into is it its of on or that the their to with'.split())


def words_of(prompt: str) -> set[str]:
    """Runs of letters and digits with inner apostrophes and hyphens, lower case."""
    return set(re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", prompt.lower()))


def hash_of(picture: int) -> int:
    """murmur3's finaliser, which orders pictures without regard to their content."""
    bits = (picture + 0x9E3779B9) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return bits ^ (bits >> 16)


def encode(sae: dict[str, np.ndarray], hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Pre-activations and codes, f64 [..., features], and the smallest gap at which a rank decides something."""
    weights = {name: values.astype(np.float64) for name, values in sae.items()}
    pre = (hidden.astype(np.float64) - weights['pre_bias']) @ weights['encoder'].T + weights['latent_bias']
    order = np.argsort(-pre, axis=-1)
    codes = np.zeros_like(pre)
    np.put_along_axis(codes, order[..., :K], np.maximum(np.take_along_axis(pre, order[..., :K], -1), 0), -1)
    ranked = np.take_along_axis(pre, order[..., : 2 * K + 1], -1)
    gaps = [ranked[..., i] - ranked[..., i + 1] for i in (K - 1, 2 * K - 1)]
    return pre, codes, float(min(gap.min() for gap in gaps))


def bin_of(value: float) -> int:
    return max(0, min(63, sum(edge <= value for edge in EDGES) - 1))


def examples_of(peaks: dict[int, tuple[float, int, int]]) -> dict[str, list]:
    """peaks: by picture the largest value, its step and cell. Lists of [picture, value, step, cell]."""
    entry = lambda picture: [picture, *peaks[picture]]  # noqa: E731
    top = sorted(peaks, key=lambda picture: (-peaks[picture][0], picture))[:PER_INTERVAL]
    ascending = sorted(peaks, key=lambda picture: (peaks[picture][0], picture))
    share = {picture: (i + 0.5) / len(peaks) for i, picture in enumerate(ascending)}
    by_hash = sorted(peaks, key=hash_of)
    found = {'top': [entry(picture) for picture in top]}
    for name, low, high in [('99-99.9', 0.99, 0.999), ('90-99', 0.9, 0.99), ('median', 0.4, 0.6)]:
        inside = [p for p in by_hash if low <= share[p] < high and p not in top][:PER_INTERVAL]
        found[name] = [entry(picture) for picture in sorted(inside, key=lambda p: -peaks[p][0])]
    found['random'] = [entry(picture) for picture in by_hash[:PER_INTERVAL]]
    return found


def peak_of(values: np.ndarray) -> tuple[float, int, int]:
    """values [steps, cells] -> the largest, its step and cell; the first of equals."""
    step, cell = np.unravel_index(np.argmax(values), values.shape)
    return float(values[step, cell]), int(step), int(cell)


def fit_of(hidden: np.ndarray, codes: np.ndarray, sae: dict[str, np.ndarray]) -> dict[str, float]:
    """hidden [samples, width], codes [samples, features]"""
    x = hidden.astype(np.float64)
    error = x - (codes @ sae['decoder'].astype(np.float64) + sae['pre_bias'])
    return {
        'explainedVariance': float(np.mean(1 - error.var(axis=0) / (x.var(axis=0) + 1e-8))),
        'rSquared': float(1 - (error**2).sum() / ((x - x.mean(axis=0)) ** 2).sum()),
        'l0': float((codes > 0).sum() / len(x)),
    }


def main() -> None:
    start()
    prompts, sae, updates = make_inputs()
    pre, codes, gap = encode(sae, updates)  # [steps, pictures, cells, features]
    if gap < 1e-5:
        raise ValueError(f'two ranks are only {gap} apart: float32 may decide otherwise')
    samples = codes.reshape(-1, FEATURES)
    count = (samples > 0).sum(axis=0)
    picture_mean = codes.mean(axis=(0, 2))  # [pictures, features]
    is_active = (codes > 0).any(axis=(0, 2))  # [pictures, features]
    histogram = np.zeros((FEATURES, 64))
    for feature in range(FEATURES):
        for value in samples[samples[:, feature] > 0, feature]:
            histogram[feature, bin_of(value)] += 1
    word_pictures = Counter(word for prompt in prompts for word in words_of(prompt))
    unit = sae['decoder'].astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    cosine = unit @ unit.T
    features = []
    for feature in range(FEATURES):
        active = [picture for picture in range(PICTURES) if is_active[picture, feature]]
        words = []
        for word, pictures in word_pictures.items():
            both = [picture for picture in active if word in words_of(prompts[picture])]
            if not both:
                continue
            share = picture_mean[both, feature].sum() / picture_mean[:, feature].sum()
            hits = len(both) / len(active)
            false = (pictures - len(both)) / (PICTURES - len(active)) if len(active) < PICTURES else 1
            accuracy = (hits + 1 - false) / 2 if len(active) < PICTURES else 0.5
            words.append([word, len(both), pictures, share * math.log(PICTURES / pictures), accuracy])
        telling = [entry for entry in words if entry[3] > 0 and entry[0] not in NAMELESS]
        words = sorted(telling, key=lambda entry: (-entry[3], entry[0]))[:12]
        partners = []
        for other in range(FEATURES):
            both = int(((samples[:, feature] > 0) & (samples[:, other] > 0)).sum())
            if other != feature and both >= max(5, 0.02 * count[feature]):
                pmi = math.log2(both * len(samples) / (int(count[feature]) * int(count[other])))
                partners.append([other, pmi, both])
        nearest = sorted((other for other in range(FEATURES) if other != feature), key=lambda o: -cosine[feature, o])
        peaks = {picture: peak_of(codes[:, picture, :, feature]) for picture in active}
        misses = {}
        for picture in range(PICTURES):
            if is_active[picture, feature]:
                continue
            listed = np.full((STEPS, CELLS), -np.inf)
            for step in range(STEPS):
                for cell in range(CELLS):
                    values = pre[step, picture, cell]
                    if (values > values[feature]).sum() < 2 * K:
                        listed[step, cell] = values[feature]
            if np.isfinite(listed).any():
                misses[picture] = peak_of(listed)
        hard = sorted(misses, key=lambda picture: (-misses[picture][0], picture))[:16]
        features.append(
            {
                'words': words,
                'coActive': sorted(partners, key=lambda entry: (-entry[1], entry[0]))[:10],
                'neighbours': [[other, float(cosine[feature, other])] for other in nearest[:10]],
                'examples': examples_of(peaks),
                'hardNegatives': [[picture, *misses[picture]] for picture in hard],
                'inactivePictures': [picture for picture in range(PICTURES) if picture not in peaks],
            }
        )
    tensors = {
        'updates': updates,
        **{f'sae.{name}': values for name, values in sae.items()},
        'count': count,
        'sum': samples.sum(axis=0),
        'squares': (samples**2).sum(axis=0),
        'max': samples.max(axis=0),
        'steps': (codes > 0).sum(axis=(1, 2)),
        'histogram': histogram,
        'prior': codes.mean(axis=(0, 1)).T,
        'activePictures': is_active.sum(axis=0),
        'pictureSum': picture_mean.sum(axis=0),
        'pictureSquares': (picture_mean**2).sum(axis=0),
    }
    inputs = {'updates': torch.float16, **{f'sae.{name}': torch.float32 for name in sae}}
    record = meta('make_index.py', ['numpy', 'torch'], seed=SEED, smallestGap=gap, k=K, perInterval=PER_INTERVAL)
    write_tensors(
        'index.safetensors',
        {name: torch.tensor(values, dtype=inputs.get(name, torch.float64)) for name, values in tensors.items()},
        record,
    )
    flat = lambda steps: (updates[steps].reshape(-1, WIDTH), codes[steps].reshape(-1, FEATURES), sae)  # noqa: E731
    fits = [fit_of(*flat(slice(None))), *(fit_of(*flat([step])) for step in range(STEPS))]
    write_json('index.json', {'meta': record, 'fits': fits, 'prompts': prompts, 'features': features})
    print(f'dead {int((count == 0).sum())}, L0 {fits[0]["l0"]:.3f}, EV {fits[0]["explainedVariance"]:.4f}')


if __name__ == '__main__':
    main()
