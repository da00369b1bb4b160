"""Chooses how many features the SAEs have and how many are active.

    python sweep.py

Reads the SAEs that the stage before trained on the collected set (`sweep/`, one for each block, n
and k) and writes `chosen.json` ({n, k}) and a table for the report. The rule: of all sizes whose
features tell the factors best (within 0.01 of the best mean AUROC), the one with the fewest
features, then with the fewest active ones.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np

from auroc import ask
from collected import CollectedSet, load_sae
from verdicts import GOAL, Verdicts, judge
from work import work_folder

TOLERANCE = 0.01
SWEEP_HEADING, SWEEP_SECTION = '## How many features', '2-sweep.md'
NAME = re.compile(r'(?P<block>.+)-n(?P<n>\d+)-k(?P<k>\d+)')


def score(collected: CollectedSet, verdicts: Verdicts, folder: Path, block: str) -> float:
    """Mean over the goal's factors of the mean over their values of the best feature's held-out
    AUROC."""
    found = ask(collected.strengths(load_sae(folder, block)), verdicts)
    by_factor = defaultdict(list)
    for (_, _, test), column in zip(found.best_features(), found.columns):
        by_factor[verdicts.values[column][0]].append(test)
    means = [np.mean(by_factor[factor]) for factor in GOAL if by_factor[factor]]
    if not means:
        raise ValueError(f'no value of {", ".join(GOAL)} is in enough pictures of the set')
    return float(np.mean(means))


def main() -> None:
    work = work_folder()
    collected = CollectedSet(work / 'set')
    verdicts = judge(collected.count, collected.pictures)
    quality = json.loads((work / 'sweep' / 'training.json').read_text())['quality']
    sizes: dict[tuple[int, int], list[dict]] = defaultdict(list)
    for name, figures in quality.items():
        parts = NAME.fullmatch(name)
        n, k, block = int(parts['n']), int(parts['k']), parts['block']
        auroc = score(collected, verdicts, work / 'sweep' / name, block)
        dead = figures['deadCount'] / n
        sizes[n, k].append({**figures, 'dead': dead, 'auroc': auroc})
        print(f'{name}: {auroc:.3f}', flush=True)
    keys = ('explainedVariance', 'l0', 'dead', 'auroc')
    rows = {
        size: {key: float(np.mean([sae[key] for sae in saes])) for key in keys}
        for size, saes in sorted(sizes.items())
    }
    best = max(row['auroc'] for row in rows.values())
    n, k = min(size for size, row in rows.items() if row['auroc'] >= best - TOLERANCE)
    section = [
        SWEEP_HEADING,
        '',
        f'Short trainings on the same {collected.count} pictures, means over '
        f'{len(collected.blocks)} blocks. AUROC: mean over object, tint, position, background and '
        'style of the best feature for each value, on held-out pictures. Chosen (bold): the '
        f'smallest within {TOLERANCE} of the best AUROC.',
        '',
        '| n | k | explained variance | active a cell | dead | AUROC |',
        '|---|---|---|---|---|---|',
    ]
    for size, row in rows.items():
        mark = '**' if size == (n, k) else ''
        section.append(
            f'| {mark}{size[0]}{mark} | {mark}{size[1]}{mark} | {row["explainedVariance"]:.3f} '
            f'| {row["l0"]:.1f} | {100 * row["dead"]:.1f} % | {row["auroc"]:.3f} |'
        )
    (work / 'sections').mkdir(exist_ok=True)
    (work / 'sections' / SWEEP_SECTION).write_text('\n'.join([*section, '']))
    (work / 'chosen.json').write_text(json.dumps({'n': n, 'k': k}) + '\n')
    print('\n'.join(section))


if __name__ == '__main__':
    main()
