"""Puts together the model folder that ships, in Optimum's layout.

    python assemble.py model SOURCE OUT      graphs, prompts and the classifier of a diffusers folder
    python assemble.py saes SAES... OUT      one trained SAE a block into OUT/saes
    python assemble.py ship OUT TARGET       the whole folder in the place of another

Each ends with one rename, so that an interrupted run leaves nothing half done.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from classifier import load_classifier
from stages import HERE, ROOT
from work import work_folder

DESCRIPTION = {
    'id': 'featurescope-mini',
    'title': 'Featurescope mini',
    'defaults': {'steps': 1, 'guidanceScale': 0},
}
SHIPPED_MB = 40
KEPT = ['README.md']
"""Of the model that the project has."""


def replace(new: Path, target: Path) -> None:
    """Puts `new` in the place of `target`, which may exist."""
    old = target.with_name(target.name + '.old')
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def assemble_model(source: Path, out: Path) -> None:
    load_classifier()  # One of other classes is refused here, before hours of work.
    part = out.with_name(out.name + '.part')
    shutil.rmtree(part, ignore_errors=True)
    subprocess.run([sys.executable, HERE / 'export_onnx.py', source, part], check=True)
    subprocess.run([sys.executable, HERE / 'export_prompts.py', part / 'prompts.json'], check=True)
    (part / 'classifier').mkdir()
    for name in ('classifier.onnx', 'classifier.json'):
        shutil.copy(work_folder() / name, part / 'classifier' / name)
    (part / 'featurescope.json').write_text(json.dumps(DESCRIPTION, indent=2) + '\n')
    replace(part, out)


def assemble_saes(saes: list[Path], out: Path) -> None:
    """Each of `saes` holds folders `<block>-n<features>-k<k>` with `sae.json`; one of each block."""
    part = out / 'saes.part'
    shutil.rmtree(part, ignore_errors=True)
    folders = (path.parent for folder in saes for path in folder.glob('*/sae.json'))
    for folder in sorted(folders):
        block = folder.name.split('-n')[0]
        description = json.loads((folder / 'sae.json').read_text())
        (part / block).mkdir(parents=True)
        for name in ('sae.json', description['weights']['name']):
            shutil.copy(folder / name, part / block / name)
    replace(part, out / 'saes')


def ship(out: Path, target: Path) -> None:
    part = target.with_name(target.name + '.part')
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(out, part)
    for name in KEPT:
        shutil.copy(ROOT / 'models' / 'mini' / name, part / name)
    sizes = {path.name: megabytes(path) for path in sorted(part.iterdir()) if path.is_dir()}
    total = megabytes(part)
    print(', '.join(f'{name} {size:.1f}' for name, size in sizes.items()))
    print(f'{total:.1f} MB of at most {SHIPPED_MB}')
    if total > SHIPPED_MB:
        sys.exit('too large to ship: fewer features, examples or pictures (stages.py)')
    replace(part, target)


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob('*') if path.is_file()) / 1e6


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument('what', choices=('model', 'saes', 'ship'))
    arguments.add_argument('source', type=Path, nargs='+')
    arguments.add_argument('target', type=Path)
    options = arguments.parse_args()
    if options.what == 'saes':
        assemble_saes(options.source, options.target)
    else:
        work = {'model': assemble_model, 'ship': ship}[options.what]
        work(*options.source, options.target)


if __name__ == '__main__':
    main()
