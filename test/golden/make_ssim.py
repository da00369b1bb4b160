"""Structural similarity of small pictures by scikit-image.

    python make_ssim.py

Writes ssim.json: pairs of pictures (u8 [height, width, 3] as base64) and `ssim` of their luminance
0.299 R + 0.587 G + 0.114 B in float64, Gaussian window with sigma 1.5, population covariance, range 255.
"""

from __future__ import annotations

import base64

import numpy as np
from common import meta, write_json
from skimage.metrics import structural_similarity

SEED = 20
SIZES = [(24, 32), (16, 11), (40, 13)]


def luminance(picture: np.ndarray) -> np.ndarray:
    return picture.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def make_pairs() -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Smooth pictures against themselves, against noisy, shifted and unrelated ones."""
    draw = np.random.default_rng(SEED)
    pairs = []
    for high, wide in SIZES:
        y, x = np.mgrid[:high, :wide]
        waves = np.stack([127 + 90 * np.sin(x / 5 + c) * np.cos(y / (4 + c)) for c in range(3)], -1)
        one = waves.round().astype(np.uint8)
        noisy = (waves + draw.normal(0, 12, waves.shape)).clip(0, 255).round().astype(np.uint8)
        other = draw.integers(0, 256, waves.shape, dtype=np.uint8)
        for name, picture in (('same', one), ('noisy', noisy), ('shifted', np.roll(one, 2, 1)), ('other', other)):
            pairs.append((f'{name} {high} x {wide}', one, picture))
    return pairs


def main() -> None:
    text = lambda picture: base64.b64encode(picture.tobytes()).decode()  # noqa: E731
    cases = [
        {'name': name, 'height': one.shape[0], 'width': one.shape[1], 'one': text(one), 'other': text(other),
         'ssim': float(structural_similarity(
             luminance(one), luminance(other), gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
             data_range=255))}
        for name, one, other in make_pairs()
    ]  # fmt: skip
    write_json('ssim.json', {'meta': meta('make_ssim.py', ['numpy', 'scikit-image'], seed=SEED), 'cases': cases})


if __name__ == '__main__':
    main()
