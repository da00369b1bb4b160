"""Scenes rendered and encoded once, in shards.

    python latents.py --shards 16
    python latents.py --shards 16 --only-lesson 1     to go on from there (go_on.py)

Shard k depends on k alone. Every scene gets CAPTIONS captions as token ids. What captions leave
open is freed in three lessons (LESSONS), SHARDS_A_LESSON shards each: an object that is drawn in
72 ways at once is a blur, and a blur gives no reason to read the noise.
"""

import argparse
import contextlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from captions import caption
from factors import Factors, draw_chance, sample_factors
from scenes import NUISANCES, USUAL, Scene, render, resolve
from tokenizer import token_ids
from vae import load_vae, to_tensor
from work import device, mixed_precision, save_atomically, work_folder

SHARD, VALIDATION, CAPTIONS = 4000, 384, 12
OBJECT_WEIGHT, SUBTLE_WEIGHT = 4.0, 12.0
SUBTLE_STYLES, SEEN = ('pixel art', 'sticker'), 6.0
"""Words that change little of a picture, and the difference (of 255, over a latent's square) from
which they are seen to. Pixel art moves latents by a squared 0.08, black and white by 0.62, and both
were drawn as often: the one was not learnt (NOTES.md)."""
SHARDS_A_LESSON = 8
DRAWN = ['drawing 1', 'drawing 2', 'mirror 1', 'mirror 2', 'scale']
"""Each of these doubles what has to be learnt of every noun."""
LESSONS = [[], [name for name in NUISANCES if name not in DRAWN], NUISANCES]
"""The numbers that decide, lesson by lesson; the others are as in USUAL."""


def freed(lesson: int) -> np.ndarray:
    """Which numbers decide in a lesson: bool [13]."""
    return np.array([name in LESSONS[lesson] for name in NUISANCES])


def taught(factors: Factors, numbers: np.ndarray, lesson: int) -> Scene:
    """The scene that prompt and noise define for a model that had this lesson."""
    return resolve(factors, np.where(freed(lesson), numbers, USUAL))


def changed_by_subtle(scene: Scene, picture: np.ndarray) -> np.ndarray:
    """Where a scene's detail, pixel art or rim changes its picture: bool [32, 32]."""
    style = None if scene.style in SUBTLE_STYLES else scene.style
    plain = replace(scene, detail=None, style=style)
    if plain == scene:
        return np.zeros((32, 32), bool)
    change = np.abs(picture.astype(np.float32) - render(plain))
    return change.reshape(32, 4, 32, 4, 3).mean((1, 3, 4)) > SEEN


def loss_weights(scene: Scene, picture: np.ndarray) -> np.ndarray:
    """f32 [32, 32]: latents inside an object's square count more, with a mean of 1; those that a
    subtle word changes most of all, on top of that."""
    weights = np.ones((32, 32), np.float32)
    for sprite in scene.sprites:
        half = sprite.side // 2
        top, left = max(0, (sprite.y - half) // 4), max(0, (sprite.x - half) // 4)
        weights[top : (sprite.y + half) // 4, left : (sprite.x + half) // 4] = OBJECT_WEIGHT
    subtle = np.where(changed_by_subtle(scene, picture), SUBTLE_WEIGHT, weights)
    return subtle / weights.mean()


def caption_ids(factors: list[Factors], seed: int) -> torch.Tensor:
    """Token ids of CAPTIONS captions per scene, i16 [n, CAPTIONS, 32]."""
    rng = np.random.default_rng([seed, 7])
    texts = [caption(f, rng) for f in factors for _ in range(CAPTIONS)]
    return token_ids(texts).short().view(len(factors), CAPTIONS, -1)


@torch.no_grad()
def encode_shard(seed: int, count: int, split: str, lesson: int) -> dict:
    """`z` f16 [n, 4, 32, 32] at unit variance, `u` [n, 13], `weights` f16 [n, 32, 32], `ids` i16
    [n, CAPTIONS, 32] and the `factors` themselves. Numbers that the lesson does not free are in
    `u` and decide nothing."""
    rng = np.random.default_rng([seed, 5])
    vae = load_vae()
    factors = [sample_factors(rng, split) for _ in range(count)]
    u = rng.standard_normal((count, len(NUISANCES))).astype(np.float32)
    z, weights = [], []
    for start in range(0, count, 50):
        scenes = [
            taught(f, numbers, lesson)
            for f, numbers in zip(factors[start : start + 50], u[start : start + 50])
        ]
        pictures = np.stack([render(scene) for scene in scenes])
        with mixed_precision():
            encoded = vae.encoder(to_tensor(pictures))
        z.append((encoded.float() * vae.config.scaling_factor).half().cpu())
        weights += [
            torch.from_numpy(loss_weights(scene, picture)).half()
            for scene, picture in zip(scenes, pictures)
        ]
    return {
        'z': torch.cat(z).contiguous(),
        'u': torch.from_numpy(u),
        'weights': torch.stack(weights),
        'ids': caption_ids(factors, seed),
        'factors': [f.to_json() for f in factors],
    }


def shard_path(name: str | int) -> Path:
    return work_folder() / 'latents' / f'{name}.pt'


def training_shards(lesson: int) -> list[str]:
    """The names of a lesson's shards that are in the work folder."""
    found = (path.stem for path in shard_path(0).parent.glob('[0-9]*.pt'))
    names = [name for name in sorted(found, key=int) if int(name) // SHARDS_A_LESSON == lesson]
    if not names:
        raise FileNotFoundError(f'no shard of lesson {lesson}: latents.py makes them')
    return names


def newest_lesson() -> int:
    """The last lesson that has shards."""
    for lesson in reversed(range(len(LESSONS))):
        with contextlib.suppress(FileNotFoundError):
            if training_shards(lesson):
                return lesson
    return 0


def validation_shard(lesson: int) -> str:
    return f'validation-{lesson}'


def load_shards(names: list[str]) -> dict[str, torch.Tensor]:
    """Shards joined on the device; `chance` f32 [n] says how often a scene is drawn, `empty` [32]
    are the ids of the empty caption."""
    shards = [torch.load(shard_path(name), weights_only=True) for name in names]
    factors = [Factors.from_json(each) for shard in shards for each in shard['factors']]
    joined = {
        key: torch.cat([shard[key] for shard in shards]).to(device())
        for key in ('z', 'u', 'weights', 'ids')
    }
    chance = torch.tensor([draw_chance(each) for each in factors])
    return {**joined, 'chance': chance.to(device()), 'empty': token_ids([''])[0].to(device())}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    last = len(LESSONS) - 1
    arguments.add_argument('--shards', type=int, default=SHARDS_A_LESSON * len(LESSONS))
    arguments.add_argument('--only-lesson', type=int, choices=range(len(LESSONS)))
    options = arguments.parse_args()
    shards = options.shards
    lessons = [min(k // SHARDS_A_LESSON, last) for k in range(shards)]
    jobs = [(validation_shard(k), 1000, VALIDATION, 'train', k) for k in sorted({*lessons})]
    jobs += [('held', 1001, VALIDATION, 'held', lessons[-1])]
    jobs += [(k, k, SHARD, 'train', lesson) for k, lesson in enumerate(lessons)]
    for name, seed, count, split, lesson in jobs:
        is_wanted = options.only_lesson in (None, lesson)
        if is_wanted and not shard_path(name).exists():
            save_atomically(encode_shard(seed, count, split, lesson), shard_path(name))
            print(f'shard {name}', flush=True)


if __name__ == '__main__':
    main()
