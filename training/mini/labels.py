"""Labels of the model's features from ground truth.

    python labels.py

For every feature the factor value that it tells best: chosen on the pictures of even number,
measured on the others; that AUROC is the label's confidence. It must also be what most of the
feature's strongest pictures show. The judge is the classifier, on the pictures. Writes
`labels.json` beside each SAE of the model, `objects.json` (the features that tell objects best) and
the table of the report.
"""

import json

import numpy as np
import torch
from torch import Tensor

from auroc import Found, ask, least
from captions import POSITION_WORDS
from collected import CollectedSet, Sae, load_sae
from verdicts import GOAL, UNKNOWN, VALUES, YES, Verdicts, judge
from work import work_folder

CHOSEN_FROM, KEPT_FROM = 0.8, 0.8
"""A feature gets no label when it tells no value so well on validation, or it worse on test."""
STRONGEST, SHARE = 20, 0.5
"""Nor when less than this share of its strongest pictures shows the value: of 64 objects, one that
is ranked high among all pictures can still be in few of those that people look at."""
WORDS = {
    'tint': '{} object',
    'background': 'background: {}',
    'detail': 'detail: {}',
    'light': 'light: {}',
    'size': '{} object',
    'count': '{} objects',
    'pattern': '{} background',
}
"""What a value is called; objects and styles are called what they are."""


def words(factor: str, value: str) -> str:
    if factor == 'position':
        return f'object {POSITION_WORDS[value][0]}'
    return WORDS.get(factor, '{}').format(value)


def best_values(found: Found) -> list[tuple[int, int, float, float]]:
    """For each feature how its strengths are pooled and the value (its place in `found.columns`)
    that it tells best on validation, with its AUROC there and on test."""
    validation = found.validation.amax(0)  # [values, n]
    pools = found.validation.argmax(0)
    best = validation.argmax(0)
    features = torch.arange(len(best))
    test = found.test[pools[best, features], best, features]
    return [
        (int(pool), int(v), float(chosen), float(measured))
        for pool, v, chosen, measured in zip(
            pools[best, features], best, validation[best, features], test
        )
    ]


def share_of_strongest(strengths: Tensor, truth: np.ndarray) -> float:
    """The share of the pictures with a verdict in which a feature is strongest that shows a value:
    of STRONGEST pictures, or of as many as show it. Both [pictures]."""
    is_judged = truth != UNKNOWN
    truth = truth[is_judged]
    count = min(STRONGEST, int((truth == YES).sum()))
    strongest = strengths[torch.from_numpy(is_judged)].argsort(descending=True)[:count]
    return float((truth[strongest.numpy()] == YES).mean()) if count else 0.0


def label_set(found: Found, verdicts: Verdicts, strengths: Tensor, sae: Sae) -> dict:
    """What `labels.json` holds; the program reads it with the SAE that it names and no other.
    `strengths` f32 [pools, pictures, n]."""
    labels, pictures = [], strengths.shape[1]
    for feature, (pool, place, chosen, measured) in enumerate(best_values(found)):
        if chosen < CHOSEN_FROM or measured < KEPT_FROM:
            continue
        column = found.columns[place]
        if share_of_strongest(strengths[pool, 1::2, feature], verdicts.truth[1::2, column]) < SHARE:
            continue
        factor, value = verdicts.values[column]
        confidence = round(measured, 3)
        labels.append({'id': feature, 'label': words(factor, value), 'category': factor})
        labels[-1]['confidence'] = confidence
    return {
        'format': 'featurescope-labels',
        'version': 1,
        'sae': sae.sha256,
        'provenance': f'ground truth: AUROC on held-out pictures of {pictures}, which a classifier '
        'of rendered scenes judged',
        'labels': labels,
    }


def table(found: dict[str, Found], verdicts: Verdicts) -> list[str]:
    """Best held-out AUROC by factor and block, with the mean over the factor's values."""
    lines = ['| factor | values | ' + ' | '.join(found) + ' |', '|---|---|' + '---|' * len(found)]
    for factor in VALUES:
        cells, counts = [], []
        for each in found.values():
            rows = [
                (row, verdicts.values[column][1])
                for row, column in zip(each.best_features(), each.columns)
                if verdicts.values[column][0] == factor
            ]
            counts.append(f'{len(rows)} of {len(VALUES[factor])}')
            if not rows:
                cells.append('')
                continue
            (_, _, best), value = max(rows, key=lambda row: row[0][1])
            mean = sum(test for (_, _, test), _ in rows) / len(rows)
            cells.append(f'{best:.3f} ({value}), {mean:.3f}')
        name = f'**{factor}**' if factor in GOAL else factor
        lines.append(f'| {name} | {counts[0]} | ' + ' | '.join(cells) + ' |')
    return lines


def objects_told(found: dict[str, Found], verdicts: Verdicts) -> list[dict]:
    """For each noun and block the feature that is best on validation, best nouns first."""
    rows = []
    for block, each in found.items():
        for (feature, chosen, measured), column in zip(each.best_features(), each.columns):
            factor, value = verdicts.values[column]
            if factor == 'object':
                rows.append({'block': block, 'id': feature, 'object': value})
                rows[-1] |= {'validation': round(chosen, 4), 'test': round(measured, 4)}
    return sorted(rows, key=lambda row: -row['validation'])


def main() -> None:
    work = work_folder()
    collected = CollectedSet(work / 'set')
    verdicts = judge(collected.count, collected.pictures)
    found, lines = {}, []
    for block in collected.blocks:
        sae = load_sae(work / 'model' / 'saes' / block, block)
        strengths = collected.strengths(sae)
        found[block] = ask(strengths, verdicts)
        content = label_set(found[block], verdicts, strengths, sae)
        (sae.folder / 'labels.json').write_text(json.dumps(content, indent=0) + '\n')
        lines.append(f'- {block}: {len(content["labels"])} of {sae.n} features have a label.')
    objects = objects_told(found, verdicts)
    (work / 'objects.json').write_text(json.dumps(objects, indent=1) + '\n')
    section = [
        '## What single features tell',
        '',
        f'Held-out AUROC over the {collected.count} pictures of the collected set: a feature is '
        'chosen on the pictures of even number and measured on the others; what a picture shows is '
        "judged by the classifier on the picture, negatives are weighted to share the positives' "
        'number of objects, style and pattern. First the value that is told best, then the mean '
        f'over all values of which each half has {least(collected.count)} examples. 0.5 is chance; '
        'the goal is 0.9 somewhere for the factors in bold.',
        '',
        *table(found, verdicts),
        '',
        f'A feature is labelled when one value is told with {CHOSEN_FROM} or more where it was '
        f"chosen and {KEPT_FROM} where it is measured (the latter is the label's confidence), and "
        f'when at least half of its {STRONGEST} strongest pictures among the latter show it.',
        '',
        *lines,
        '',
    ]
    (work / 'sections').mkdir(exist_ok=True)
    (work / 'sections' / '3-features.md').write_text('\n'.join(section))
    print('\n'.join(section))


if __name__ == '__main__':
    main()
