"""Gaussian noise of torch's CPU generator: `torch.Generator('cpu').manual_seed(seed)`, `torch.randn(shape)`.

    python make_noise.py

Writes noise.safetensors:
  seeds            i64 [1000]          (values below 2^32)
  <shape>.indices  i64 [16]            which values of the flat tensor are kept, both ends and the middle
  <shape>.probes   f32 [1000, 16]
  <shape>.sum      f64 [1000]          sum of x[i], correctly rounded
  <shape>.weighted f64 [1000]          sum of (i mod 257 + 1) x[i], correctly rounded
  full.<seed>.<shape>  f32             six whole tensors
  stream.<seed>.<n>.<shape>  f32       consecutive draws n = 0, 1, ... from one generator, sizes below 16 among them
"""

from __future__ import annotations

import math
import random

import numpy as np
import torch
from common import meta, start, write_tensors

SHAPES = {'1x4x32x32': (1, 4, 32, 32), '1x4x64x64': (1, 4, 64, 64), '1x4x9x11': (1, 4, 9, 11)}
FULL = [(0, '1x4x32x32'), (2**32 - 1, '1x4x32x32'), (42, '1x4x64x64'), *((seed, '1x4x9x11') for seed in (0, 7, 2**31))]
# Below 16 values torch draws one double at a time and keeps the second value of each pair for the next call.
STREAM = [(1, 4, 8, 8), (1, 4, 8, 8), (3,), (1, 4, 9, 11), (2,), (15,), (16,), (1,), (17,), (1,), (4,), (1, 4, 8, 8)]
STREAM_SEEDS = [0, 42, 2**32 - 1]


def choose_seeds() -> list[int]:
    """700 small seeds, the neighbours of the powers of two, the largest, and random ones; 1,000 different values."""
    seeds = [*range(700)]
    seeds += [2**bits + delta for bits in range(10, 33) for delta in (-1, 0, 1) if 2**bits + delta < 2**32]
    source = random.Random(0)
    while len(seeds) < 1000:
        seeds = [*dict.fromkeys([*seeds, source.randrange(2**32)])]
    return seeds


def draw(seed: int, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator('cpu').manual_seed(seed))


def probe_indices(count: int) -> list[int]:
    """Places where an implementation of the block path goes wrong first: block borders and the ragged tail."""
    return [0, 1, 7, 8, 15, 16, 23, count // 2, *(count - back for back in (28, 17, 16, 15, 9, 8, 2, 1))]


def main() -> None:
    start()
    seeds = choose_seeds()
    tensors = {'seeds': torch.tensor(seeds, dtype=torch.int64)}
    for name, shape in SHAPES.items():
        indices = torch.tensor(probe_indices(math.prod(shape)))
        weights = np.arange(math.prod(shape)) % 257 + 1
        probes, sums, weighted = [], [], []
        for seed in seeds:
            flat = draw(seed, shape).reshape(-1)
            exact = flat.numpy().astype(np.float64)
            probes.append(flat[indices])
            sums.append(math.fsum(exact))
            weighted.append(math.fsum(exact * weights))
        tensors |= {
            f'{name}.indices': indices,
            f'{name}.probes': torch.stack(probes),
            f'{name}.sum': torch.tensor(sums, dtype=torch.float64),
            f'{name}.weighted': torch.tensor(weighted, dtype=torch.float64),
        }
    for seed, name in FULL:
        tensors[f'full.{seed}.{name}'] = draw(seed, SHAPES[name])
    for seed in STREAM_SEEDS:
        generator = torch.Generator('cpu').manual_seed(seed)
        for index, shape in enumerate(STREAM):
            name = f'stream.{seed}.{index:02}.{"x".join(map(str, shape))}'
            tensors[name] = torch.randn(shape, generator=generator)
    write_tensors('noise.safetensors', tensors, meta('make_noise.py', ['torch'], seeds='see tensor "seeds"'))


if __name__ == '__main__':
    main()
