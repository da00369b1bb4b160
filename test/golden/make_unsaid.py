"""What the noise of a seed decides in the embedded model's pictures, by training/mini/couple.py.

    python make_unsaid.py

Writes unsaid.json: by seed the sixteen numbers that the first noise f32 [1, 4, 32, 32] carries (number 4 * pattern +
channel), and the four patterns of signs.
"""

from __future__ import annotations

import sys

import torch
from common import FOLDER, meta, short, start, write_json

sys.path.insert(0, str(FOLDER.parent.parent / 'training' / 'mini'))
from couple import SIDE, SIGNS, read  # noqa: E402

SEEDS = [0, 1, 42, 2**32 - 1]


def main() -> None:
    start()
    seeds = []
    for seed in SEEDS:
        noise = torch.randn(1, 4, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
        seeds.append({'seed': seed, 'numbers': short(read(noise, 16)[0])})
    write_json('unsaid.json', {'meta': meta('make_unsaid.py', ['torch']), 'signs': SIGNS.tolist(), 'seeds': seeds})


if __name__ == '__main__':
    main()
