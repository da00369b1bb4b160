"""Chooses how many features are active where objects are drawn.

    python object_k.py --objects 20 --prompts 6

Reads the SAEs of that block, one for each k (`object-saes/`), and asks of each what its use is:
does removing the feature that tells an object remove the object (`scripts/proofRemoval.mjs`, on few
objects)? The rule: the k for which the share of removals that succeed is furthest above that of
their controls. Puts that SAE into `object-sae/` and a table into the report.
"""

import argparse
import json
import os
import shutil
import subprocess
from pathlib import Path

from assemble import replace
from auroc import ask
from collected import CollectedSet, load_sae
from labels import objects_told
from stages import OBJECT_BLOCK, OUR_NODE, ROOT
from verdicts import judge
from work import work_folder


def trial_model(sae: Path, trial: Path) -> Path:
    """The model with this SAE alone, in links."""
    shutil.rmtree(trial, ignore_errors=True)
    model = trial / 'model'
    skipped = shutil.ignore_patterns('saes', 'index')
    shutil.copytree(work_folder() / 'model', model, copy_function=os.link, ignore=skipped)
    shutil.copytree(sae, model / 'saes' / OBJECT_BLOCK)
    return model


def share(counted: dict) -> float:
    return counted['succeeded'] / max(1, counted['count'])


def lead(counted: dict) -> float:
    """How far the share of removals that succeed is above that of their controls."""
    return share(counted['removals']) - share(counted['controls'])


def removals(sae: Path, objects: list[dict], options: argparse.Namespace) -> dict:
    """What the proof counts for this SAE: {removals, controls}, each {count, succeeded}."""
    trial = work_folder().resolve() / 'trial'
    model = trial_model(sae, trial)
    (trial / 'objects.json').write_text(json.dumps(objects))
    command = [*OUR_NODE, 'scripts/proofRemoval.mjs', '--model', model, '--out', trial]
    command += ['--objects', trial / 'objects.json']
    command += ['--count', options.objects, '--prompts', options.prompts]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (block,) = json.loads((trial / 'removal.json').read_text())['blocks']
    shutil.rmtree(trial)
    return block


def put(sae: Path) -> None:
    """This SAE, in both of its forms, as the only one of `object-sae/`."""
    part = work_folder() / 'object-sae.part'
    shutil.rmtree(part, ignore_errors=True)
    for folder in (sae, sae.with_name(f'{sae.name}-sdxl-unbox')):
        shutil.copytree(folder, part / folder.name)
    replace(part, work_folder() / 'object-sae')


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument('--objects', default='20')
    arguments.add_argument('--prompts', default='6')
    options = arguments.parse_args()
    work = work_folder()
    collected = CollectedSet(work / 'set')
    verdicts = judge(collected.count, collected.pictures)
    quality = json.loads((work / 'object-saes' / 'training.json').read_text())['quality']
    found = {}
    for name in quality:
        sae = load_sae(work / 'object-saes' / name, OBJECT_BLOCK)
        told = objects_told({OBJECT_BLOCK: ask(collected.strengths(sae), verdicts)}, verdicts)
        found[name] = sae.k, removals(work / 'object-saes' / name, told, options)
        print(name, found[name], flush=True)
    chosen = max(found, key=lambda name: lead(found[name][1]))
    lines = [
        '## How many active features where objects are drawn',
        '',
        f'For {OBJECT_BLOCK}, the SAEs of each k: does removing the feature that tells an object '
        f'remove it? {options.objects} objects, {options.prompts} pictures each, by the '
        'conditions of "Removing a feature removes its object" below. Chosen (bold): where '
        'removals succeed most above their controls.',
        '',
        '| k | explained variance | dead | removals that succeed | controls that succeed |',
        '|---|---|---|---|---|',
    ]
    for name, (k, counted) in sorted(found.items(), key=lambda item: item[1][0]):
        mark = '**' if name == chosen else ''
        figures = quality[name]
        lines.append(
            f'| {mark}{k}{mark} | {figures["explainedVariance"]:.3f} | {figures["deadCount"]} '
            f'| {100 * share(counted["removals"]):.1f} % of {counted["removals"]["count"]} '
            f'| {100 * share(counted["controls"]):.1f} % of {counted["controls"]["count"]} |'
        )
    (work / 'sections').mkdir(exist_ok=True)
    (work / 'sections' / '2b-objects.md').write_text('\n'.join([*lines, '']))
    print('\n'.join(lines))
    put(work / 'object-saes' / chosen)


if __name__ == '__main__':
    main()
