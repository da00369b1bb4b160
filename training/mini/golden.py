"""Makes anew the golden values that were computed with the embedded model.

    python golden.py DIFFUSERS TRAINING...

TRAINING is what `featurescope sae train --export sdxl-unbox` wrote. What the other scripts of
test/golden make does not go with the model that ships, and stays as it is.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from stages import ROOT
from work import work_folder

SCRIPTS = {
    'make_pipeline.py': ('diffusers',),
    'make_tokenizer.py': ('diffusers',),
    'make_features.py': ('diffusers', 'published'),
    'make_edits.py': ('diffusers', 'published'),
    'make_explain.py': ('diffusers', 'published'),
    'make_transfer.py': ('diffusers', 'installed'),
}
"""The folders that each is given: the model, its SAEs like those of sdxl-unbox, or as it ships
with them."""


def put_as_published(trainings: list[Path], out: Path) -> None:
    """The trained SAEs as `unet.<stage>_k<k>_hidden<n>/final/*`, like those of sdxl-unbox."""
    shutil.rmtree(out, ignore_errors=True)
    for description in sorted(path for each in trainings for path in each.glob('*/sae.json')):
        sae = json.loads(description.read_text())
        name = f'{sae["blockPath"]}_k{sae["k"]}_hidden{sae["nFeatures"]}'
        exported = description.parent.with_name(f'{description.parent.name}-sdxl-unbox')
        shutil.copytree(exported, out / name / 'final')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('diffusers', type=Path)
    parser.add_argument('trainings', type=Path, nargs='+')
    options = parser.parse_args()
    work = work_folder().resolve()
    put_as_published(options.trainings, work / 'golden-saes')
    folders = {
        'diffusers': options.diffusers.resolve(),
        'published': work / 'golden-saes',
        'installed': work / 'model' / 'saes',
    }
    for script, names in SCRIPTS.items():
        given = [folders[name] for name in names]
        subprocess.run([sys.executable, ROOT / 'test' / 'golden' / script, *given], check=True)


if __name__ == '__main__':
    main()
