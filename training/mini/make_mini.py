"""Makes the embedded model from nothing: all stages in order, skipping what is up to date.

    python make_mini.py                      everything
    python make_mini.py --until latents      up to a stage
    python make_mini.py --list               what is up to date
    python make_mini.py --accept             takes existing results as made by the present sources

A stage is up to date when its result exists and was made by the same command, the same sources and
the same earlier stages (stages.py). An interrupted stage goes on where it stopped; what it would go
on from is set aside in `replaced/` when it was made from something else.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from stages import BY_NAME, HERE, OURS, PYTHON, ROOT, STAGES, Stage, fingerprint
from work import work_folder


def stamp(stage: Stage, state: str) -> Path:
    """The file that keeps a stage's fingerprint; `state` is started or done."""
    return work_folder() / 'stamps' / f'{stage.name}.{state}'


def is_stamped(stage: Stage, state: str) -> bool:
    path = stamp(stage, state)
    return path.exists() and path.read_text() == fingerprint(stage)


def put_stamp(stage: Stage, state: str) -> None:
    path = stamp(stage, state)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(fingerprint(stage))


def has_result(stage: Stage) -> bool:
    return stage.result is None or (work_folder() / stage.result).exists()


def set_aside(stage: Stage) -> None:
    """Moves what the stage owns to `replaced/`, where it takes the place of older things."""
    replaced = work_folder() / 'replaced'
    replaced.mkdir(parents=True, exist_ok=True)
    for name in stage.owns:
        old = replaced / name
        if (work_folder() / name).exists():
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
            shutil.move(work_folder() / name, old)


def run(stage: Stage) -> None:
    """Runs a stage: Python here, our command line in the project's root, npm and node in the work
    folder's own npm package."""
    if not is_stamped(stage, 'started'):
        set_aside(stage)
        put_stamp(stage, 'started')
    work = work_folder().resolve()
    folder = {PYTHON: HERE, OURS: ROOT}.get(stage.command[0], work / 'npm')
    if folder == work / 'npm':
        folder.mkdir(parents=True, exist_ok=True)
        for name in ('package.json', 'package-lock.json'):
            shutil.copy(HERE / name, folder / name)
    places = {'WORK': str(work), 'HERE': str(HERE.resolve()), 'ROOT': str(ROOT.resolve())}
    command = list(stage.command)
    for word, place in places.items():
        command = [part.replace(word, place) for part in command]
    launchers = {PYTHON: [sys.executable], OURS: ['npx', 'featurescope']}
    command[:1] = launchers.get(command[0], command[:1])
    print(f'== {stage.name}', flush=True)
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, 'MINI_WORK': str(work)})
    put_stamp(stage, 'done')


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument('--until', choices=list(BY_NAME), default=STAGES[-1].name)
    arguments.add_argument('--list', action='store_true')
    arguments.add_argument('--accept', action='store_true')
    options = arguments.parse_args()
    for stage in STAGES:
        if options.accept:
            put_stamp(stage, 'started')
            if stage.result and has_result(stage):
                put_stamp(stage, 'done')
        up_to_date = has_result(stage) and is_stamped(stage, 'done')
        if options.list or options.accept:
            print(f'{stage.name:10s} {"up to date" if up_to_date else "to be made"}')
        elif not up_to_date:
            run(stage)
        if stage.name == options.until:
            break


if __name__ == '__main__':
    main()
