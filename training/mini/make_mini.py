"""Makes the embedded model from nothing: all stages in order, skipping what is up to date.

    python make_mini.py                      everything
    python make_mini.py --until latents      up to a stage
    python make_mini.py --list               what is up to date
    python make_mini.py --accept             takes existing results as made by the present sources

A stage is up to date when its result exists and was made by the same command, the same sources and
the same earlier stages. An interrupted training goes on from its checkpoint.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from work import work_folder

HERE = Path(__file__).parent
SCENE_SOURCES = ('icons.json', 'factors.py', 'backgrounds.py', 'scenes.py')
MODEL_SOURCES = ('model.py', 'couple.py', 'schedule.py', 'batches.py', 'optimizer.py', 'train.py')


@dataclass(frozen=True)
class Stage:
    """`result` is in the work folder; `inputs` are earlier stages; WORK in a command is that folder."""

    name: str
    command: tuple[str, ...]
    result: str
    sources: tuple[str, ...]
    inputs: tuple[str, ...] = ()


PYTHON = sys.executable
STAGES = [
    Stage('packages', ('npm', 'ci', '--no-audit', '--no-fund'), 'npm/node_modules/@resvg',
          ('package.json', 'package-lock.json')),
    Stage('sprites', ('node', str(HERE / 'sprites.mjs'), '../sprites'), 'sprites/volcano.1.png',
          ('sprites.mjs', 'icons.json'), ('packages',)),
    Stage('tokenizer', (PYTHON, 'tokenizer.py'), 'tokenizer/vocab.json',
          ('tokenizer.py', 'captions.py', 'factors.py', 'icons.json')),
    Stage('vae', (PYTHON, 'vae.py', '--steps', '1400'), 'vae/config.json', ('vae.py', *SCENE_SOURCES),
          ('sprites',)),
    Stage('latents', (PYTHON, 'latents.py', '--shards', '12'), 'latents/11.pt',
          ('latents.py', *SCENE_SOURCES), ('vae',)),
    Stage('decoder', (PYTHON, 'vae.py', '--decoder-only', '--steps', '3000'), 'decoder-done',
          ('vae.py',), ('latents',)),
    Stage('train', (PYTHON, 'train.py', '--steps', '40000'), 'checkpoint.pt',
          ('captions.py', *MODEL_SOURCES), ('tokenizer', 'latents')),
    Stage('cooldown', (PYTHON, 'train.py', '--cooldown', '2000'), 'cooled.pt', MODEL_SOURCES, ('train',)),
    Stage('export', (PYTHON, 'export_diffusers.py', 'WORK/diffusers'), 'diffusers/model_index.json',
          ('export_diffusers.py',), ('cooldown', 'decoder')),
    Stage('classifier', (PYTHON, 'classifier.py'), 'classifier.onnx',
          ('classifier.py', 'truth.py', *SCENE_SOURCES), ('vae',)),
    Stage('report', (PYTHON, 'evaluate.py'), '../REPORT.md', ('evaluate.py', 'measures.py', 'ablate.py'),
          ('export', 'classifier')),
]
BY_NAME = {stage.name: stage for stage in STAGES}


def digest(stage: Stage) -> str:
    """A fingerprint of what a stage's result depends on."""
    hasher = hashlib.sha256(json.dumps([part for part in stage.command if part != PYTHON]).encode())
    for source in stage.sources:
        hasher.update((HERE / source).read_bytes())
    for name in stage.inputs:
        hasher.update(digest(BY_NAME[name]).encode())
    return hasher.hexdigest()


def stamp(stage: Stage) -> Path:
    return work_folder() / 'stamps' / stage.name


def result(stage: Stage) -> Path:
    return HERE / stage.result[3:] if stage.result.startswith('../') else work_folder() / stage.result


def up_to_date(stage: Stage) -> bool:
    made = stamp(stage)
    return result(stage).exists() and made.exists() and made.read_text() == digest(stage)


def accept(stage: Stage) -> None:
    stamp(stage).parent.mkdir(parents=True, exist_ok=True)
    stamp(stage).write_text(digest(stage))


def run(stage: Stage) -> None:
    """Runs a stage in this folder; npm and node run in the work folder's own npm package."""
    folder = HERE
    if stage.command[0] in ('npm', 'node'):
        folder = work_folder() / 'npm'
        folder.mkdir(parents=True, exist_ok=True)
        for name in ('package.json', 'package-lock.json'):
            (folder / name).write_bytes((HERE / name).read_bytes())
    command = [part.replace('WORK', str(work_folder())) for part in stage.command]
    print(f'== {stage.name}', flush=True)
    subprocess.run(command, cwd=folder, check=True,
                   env={**os.environ, 'MINI_WORK': str(work_folder().resolve())})
    if not result(stage).exists():
        result(stage).touch()
    accept(stage)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--until', choices=list(BY_NAME), default=STAGES[-1].name)
    arguments.add_argument('--list', action='store_true')
    arguments.add_argument('--accept', action='store_true')
    options = arguments.parse_args()
    for stage in STAGES:
        if options.accept and result(stage).exists():
            accept(stage)
        if options.list or options.accept:
            print(f"{stage.name:10s} {'up to date' if up_to_date(stage) else 'to be made'}")
        elif not up_to_date(stage):
            run(stage)
        if stage.name == options.until:
            break


if __name__ == '__main__':
    main()
