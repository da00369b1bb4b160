"""Makes the embedded model from nothing: all stages in order, skipping what is up to date.

    python make_mini.py                      everything
    python make_mini.py --until latents      up to a stage
    python make_mini.py --from export        all that follows from a checkpoint, anew
    python make_mini.py --from export --keep sweepings sweep     ... but for these stages
    python make_mini.py --small 20           a rehearsal: everything by a twentieth
    python make_mini.py --list               what is up to date
    python make_mini.py --accept             takes existing results as made by the present sources

A stage is up to date when its result exists and was made by the same command, the same sources and
the same earlier stages (stages.py). An interrupted stage goes on where it stopped; what it would go
on from is set aside in `replaced/` when it was made from something else. `--from` takes all that
lies before a stage as it is, `--keep` what a stage left; interrupted, go on without them.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from stages import (
    CHOSEN,
    HERE,
    OUR_NODE,
    OURS,
    PYTHON,
    ROOT,
    SCRIPT,
    Stage,
    fingerprint,
    make_stages,
)
from work import work_folder

STATES = ('started', 'done', 'taken')
"""`taken`: whatever it left counts as its result."""


class Chain:
    """The stages and the stamps that say how far they are."""

    def __init__(self, small: int):
        self.stages = make_stages(small)

    def _stamp(self, stage: Stage, state: str) -> Path:
        """The file that keeps a stage's fingerprint; `state` is one of STATES."""
        return work_folder() / 'stamps' / f'{stage.name}.{state}'

    def is_stamped(self, stage: Stage, state: str) -> bool:
        path = self._stamp(stage, state)
        return path.exists() and path.read_text() == fingerprint(stage, self.stages)

    def put_stamp(self, stage: Stage, state: str) -> None:
        path = self._stamp(stage, state)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fingerprint(stage, self.stages))

    def accept(self, stage: Stage) -> None:
        """Takes what is there as made by this stage."""
        self.put_stamp(stage, 'started')
        if stage.result and has_result(stage):
            self.put_stamp(stage, 'done')

    def keep(self, stage: Stage) -> None:
        """Takes a stage as done, whatever it left."""
        for state in STATES:
            self.put_stamp(stage, state)

    def begin_at(self, name: str) -> None:
        """Keeps the stages before, and takes this one and all after it as not begun."""
        is_before = True
        for stage in self.stages.values():
            is_before = is_before and stage.name != name
            if is_before:
                self.keep(stage)
                continue
            for state in STATES:
                self._stamp(stage, state).unlink(missing_ok=True)

    def is_up_to_date(self, stage: Stage) -> bool:
        is_there = has_result(stage) or self.is_stamped(stage, 'taken')
        return is_there and self.is_stamped(stage, 'done')

    def run(self, stage: Stage) -> None:
        if not self.is_stamped(stage, 'started'):
            self._stamp(stage, 'taken').unlink(missing_ok=True)
            set_aside(stage)
            self.put_stamp(stage, 'started')
        execute(stage)
        self.put_stamp(stage, 'done')


def has_result(stage: Stage) -> bool:
    return stage.result is None or (work_folder() / stage.result).exists()


def set_aside(stage: Stage) -> None:
    """Moves what the stage owns to `replaced/`, where it takes the place of older things."""
    for name in stage.owns:
        old = work_folder() / 'replaced' / name
        if (work_folder() / name).exists():
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
            old.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(work_folder() / name, old)


def words_of(work: Path) -> dict[str, str]:
    """What the words in capitals of a command stand for."""
    words = {'WORK': str(work), 'HERE': str(HERE.resolve()), 'ROOT': str(ROOT.resolve())}
    chosen = work / 'chosen.json'
    if chosen.exists():
        n, k = (json.loads(chosen.read_text())[key] for key in ('n', 'k'))
        words |= dict(zip(CHOSEN, (str(n), str(k))))
    return words


def execute(stage: Stage) -> None:
    """Runs a stage's command where it belongs."""
    work = work_folder().resolve()
    program = stage.command[0]
    folder = {PYTHON: HERE, OURS: ROOT, SCRIPT: ROOT}.get(program, work / 'npm')
    if folder == work / 'npm':
        folder.mkdir(parents=True, exist_ok=True)
        for name in ('package.json', 'package-lock.json'):
            shutil.copy(HERE / name, folder / name)
    command = list(stage.command)
    for word, meaning in words_of(work).items():
        command = [part.replace(word, meaning) for part in command]
    launchers = {
        PYTHON: [sys.executable],
        OURS: ['npx', 'featurescope'],
        SCRIPT: OUR_NODE,
    }
    command[:1] = launchers.get(program, command[:1])
    print(f'== {stage.name}', flush=True)
    environment = {**os.environ, 'MINI_WORK': str(work), 'MINI_PYTHON': sys.executable}
    start = time.time()
    subprocess.run(command, cwd=folder, check=True, env=environment)
    print(f'== {stage.name}: {time.time() - start:.0f} s', flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = list(make_stages())
    arguments.add_argument('--until', choices=names, default=names[-1])
    arguments.add_argument('--from', dest='first', choices=names)
    arguments.add_argument('--keep', choices=names, nargs='+', default=[])
    arguments.add_argument('--small', type=int, default=1)
    arguments.add_argument('--list', action='store_true')
    arguments.add_argument('--accept', action='store_true')
    options = arguments.parse_args()
    chain = Chain(options.small)
    if options.first:
        chain.begin_at(options.first)
    for name in options.keep:
        chain.keep(chain.stages[name])
    for stage in chain.stages.values():
        if options.accept:
            chain.accept(stage)
        up_to_date = chain.is_up_to_date(stage)
        if options.list or options.accept:
            print(f'{stage.name:10s} {"up to date" if up_to_date else "to be made"}')
        elif not up_to_date:
            chain.run(stage)
        if stage.name == options.until:
            break


if __name__ == '__main__':
    main()
