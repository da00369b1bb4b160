"""Held-out scenes as pictures with what is in them, for `npm run eval:explain`. The U-net has no part in them.

    python explain_scenes.py FOLDER --count 60

Writes FOLDER/scene-NNN.png and FOLDER/scenes.json: file, nouns, caption and seed of each. Needs the sprites in the
work folder. The same count gives the same pictures.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from captions import caption
from factors import sample_factors
from scenes import NUISANCES, render, resolve

SEED = 20_261
FIRST_SEED = 50_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', type=Path)
    parser.add_argument('--count', type=int, default=60)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    records = []
    for index in range(arguments.count):
        factors = sample_factors(rng, 'held')
        scene = resolve(factors, rng.standard_normal(len(NUISANCES)))
        name = f'scene-{index:03}.png'
        Image.fromarray(render(scene)).save(arguments.folder / name)
        nouns = sorted({thing.noun for thing in factors.things})
        text = caption(factors, rng)
        records.append({'file': name, 'nouns': nouns, 'caption': text, 'seed': FIRST_SEED + index})
    (arguments.folder / 'scenes.json').write_text(json.dumps(records, indent=1) + '\n')
    print(f'{len(records)} scenes in {arguments.folder}')


if __name__ == '__main__':
    main()
