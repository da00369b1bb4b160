"""The captions of this model as a grammar that Featurescope draws prompts from.

    python export_prompts.py prompts.json     # write the grammar
    python export_prompts.py --check 20000    # every caption of the training set can come from it

Words come from factors.py and captions.py; the shares below are those of `factors._draw` and
`captions.caption`. `unsaid` lists what the noise decides (couple.py, `scenes.resolve`) where a
prompt leaves it open, of what the model's lessons have freed so far. Two things differ: combinations
held out from training (`factors.held_out`) do occur, and a tint is drawn again instead of left out
when it equals the background's colour.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np

from captions import (
    LIGHT_WORDS,
    NUMBERS,
    OPENINGS,
    POSITION_WORDS,
    SCENE_WORDS,
    SIZE_WORDS,
    UNCOUNTED,
    article,
    caption,
    plural,
)
from couple import SIGNS
from factors import (
    COLOURS,
    DETAILS,
    LIGHTS,
    NOUNS,
    PATTERNS,
    POSITIONS,
    SCENES,
    SIZES,
    STYLES,
    TINTS,
    sample_factors,
)
from scenes import NUISANCES, THIRD

Alternative = str | dict[str, float | str]
UNSAID = {
    'shift x': (THIRD, ['position', 'number'], ['counted', 'uncounted']),
    'shift y': (THIRD, ['position', 'number'], ['counted', 'uncounted']),
    'light side': (0.0, ['lit'], []),
    'tone': (THIRD, [], []),
}
"""By number of the noise: its picture has it above this and lacks it below its negative; the rules
that leave it without effect; the rules that must have named one thing."""


def share(weight: float, text: str) -> dict[str, float | str]:
    """An alternative with its weight; shares of one rule add up to 1."""
    return {'text': text, 'weight': round(weight, 6)}


def words(table: dict[str, list[str]], keys: list[str]) -> list[Alternative]:
    """Every way to say each key; the keys are equally likely, and so are the ways of one key."""
    return [share(1 / len(table[key]), text) for key in keys for text in table[key]]


def grammar() -> dict:
    """`{rule}` is one alternative of a rule, `{a:rule}` the same with an article."""
    counted = [noun for noun in NOUNS if noun not in UNCOUNTED]
    uncounted = [noun for noun in NOUNS if noun in UNCOUNTED]
    worn = [detail for detail in DETAILS if detail not in ('spotted', 'striped')]
    on_object = [detail for detail in DETAILS if detail in ('spotted', 'striped')]
    a_noun, no_noun = len(counted) / len(NOUNS), len(uncounted) / len(NOUNS)
    p_worn = len(worn) / len(DETAILS)

    def subject(weight: float, adjectives: str, after: str) -> list[Alternative]:
        """A single thing: with an article where its noun has one."""
        return [
            share(weight * a_noun, f'{{a:{adjectives}counted}}{after}'),
            share(weight * no_noun, f'{{{adjectives}uncounted}}{after}'),
        ]

    # Position 0.3, with "small" at a quarter of them; else a size 0.35.
    # What is not small has a detail at 0.2.
    sized = {
        'small-': (0.3 * 0.25, ' {position}', False),
        'plain-': (0.3 * 0.75, ' {position}', True),
        'little-': (0.7 * 0.35 * 0.5, '', False),
        'big-': (0.7 * 0.35 * 0.5, '', True),
        'bare-': (0.7 * 0.65, '', True),
    }
    before = {'small-': '{small} ', 'little-': '{small} ', 'big-': '{big} '}
    single: list[Alternative] = []
    rules: dict[str, list[Alternative]] = {}
    for name, (weight, after, may_have_detail) in sized.items():
        for kind, nouns in (('counted', 'counted'), ('uncounted', 'uncounted')):
            rules[f'{name}{kind}'] = [f'{before.get(name, "")}{{tinted-{nouns}}}']
            rules[f'{name}marked-{kind}'] = [
                f'{before.get(name, "")}{{marking}} {{tinted-{nouns}}}'
            ]
        single += subject(weight * (0.8 if may_have_detail else 1), name, after)
        if may_have_detail:
            single += subject(weight * 0.2 * p_worn, name, ' {worn}' + after)
            single += subject(weight * 0.2 * (1 - p_worn), f'{name}marked-', after)

    rules |= {
        'prompt': [
            share(0.17 / 4, '{scene}, {style}'),
            share(0.17 / 4, '{style} of {scene}'),
            share(0.17 / 4, '{scene}, in {style} style'),
            share(0.17 / 4, '{scene} as {style}'),
            share(0.83 * 0.15, '{opening} {scene}'),
            share(0.83 * 0.85, '{scene}'),
        ],
        'scene': ['{subject}{background}{light}'],
        'subject': [share(0.27, '{pair}'), share(0.11, '{several}'), share(0.62, '{single}')],
        'pair': [share(0.7, '{beside}'), share(0.3, '{above}')],
        'beside': [
            '{thing} and {thing}',
            '{thing} next to {thing}',
            '{thing} on the left and {thing} on the right',
            '{thing} to the left of {thing}',
        ],
        'above': ['{thing} above {thing}', '{thing} on top of {thing}', '{thing} below {thing}'],
        'several': [share(0.8, '{number} {plural}'), share(0.2, '{number} {tint} {plural}')],
        'single': single,
        'thing': [share(a_noun, '{a:tinted-counted}'), share(no_noun, '{tinted-uncounted}')],
        'tinted-counted': [share(0.8, '{counted}'), share(0.2, '{tint} {counted}')],
        'tinted-uncounted': [share(0.8, '{uncounted}'), share(0.2, '{tint} {uncounted}')],
        'background': [
            share(0.5 * 2 / 3, ' {place}'),
            share(0.5 / 3, ', {place}'),
            share(0.24 * 2 / 3, ' {wall}'),
            share(0.24 / 3, ', {wall}'),
            share(0.14 * 2 / 3, ' {pattern-wall}'),
            share(0.14 / 3, ', {pattern-wall}'),
            share(0.12, ''),
        ],
        'wall': ['on {a:colour} background', 'in front of {a:colour} wall', 'on {colour}'],
        'pattern-wall': ['on {a:pattern} {colour} background'],
        'light': [share(0.8, ''), share(0.2, ', {lit}')],
        'worn': [text for detail in worn for text in ways_to_wear(detail)],
        'place': words(SCENE_WORDS, SCENES),
        'lit': words(LIGHT_WORDS, LIGHTS),
        'position': words(POSITION_WORDS, POSITIONS),
        'small': list(SIZE_WORDS[SIZES[0]]),
        'big': list(SIZE_WORDS[SIZES[1]]),
        'marking': on_object,
        'number': list(NUMBERS.values()),
        'plural': [plural(noun) for noun in NOUNS],
        'counted': counted,
        'uncounted': uncounted,
        'tint': TINTS,
        'colour': COLOURS,
        'pattern': PATTERNS,
        'style': STYLES,
        'opening': OPENINGS,
    }
    return {
        'format': 'featurescope-prompts',
        'version': 1,
        'title': 'Scenes of the embedded model',
        'start': 'prompt',
        'distinct': [['counted', 'uncounted'], ['tint', 'colour']],
        'unsaid': [unsaid(name) for name in UNSAID],
        'rules': rules,
    }


def unsaid(name: str) -> dict:
    pattern, channel = divmod(NUISANCES.index(name), 4)
    above, unless, one = UNSAID[name]
    return {
        'name': name,
        'channel': channel,
        'signs': SIGNS[pattern].tolist(),
        'below': 0 - above,
        'above': above,
        'unless': unless,
        'one': one,
    }


def ways_to_wear(detail: str) -> list[str]:
    worn = detail if detail == 'sunglasses' else article(detail)
    return [f'with {worn}', f'wearing {worn}']


def as_pattern(rules: dict[str, list[Alternative]], start: str) -> re.Pattern[str]:
    """Everything that the grammar can say, but for `distinct`."""
    known: dict[str, str] = {}

    def of(rule: str) -> str:
        if rule not in known:
            texts = [one if isinstance(one, str) else str(one['text']) for one in rules[rule]]
            known[rule] = f'(?:{"|".join(part(text) for text in texts)})'
        return known[rule]

    def part(text: str) -> str:
        pieces = re.split(r'\{(a:)?([\w-]+)\}', text)
        out = re.escape(pieces[0])
        for with_article, rule, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            out += ('an? ' if with_article else '') + of(rule) + re.escape(after)
        return out

    return re.compile(of(start))


def check(count: int) -> None:
    """Captions of both splits, factor combinations held out from training too."""
    pattern = as_pattern(grammar()['rules'], 'prompt')
    rng = np.random.default_rng(0)
    for index in range(count):
        text = caption(sample_factors(rng, 'held' if index % 10 == 0 else 'train'), rng)
        if not pattern.fullmatch(text):
            raise SystemExit(f'the grammar cannot say: {text}')
    print(f'{count} captions can all come from the grammar')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, nargs='?', help='prompts.json of a model folder')
    parser.add_argument(
        '--check', type=int, metavar='COUNT', help='captions to look for in the grammar'
    )
    arguments = parser.parse_args()
    if arguments.check:
        check(arguments.check)
    if arguments.out:
        arguments.out.write_text(json.dumps(grammar(), indent=1) + '\n')


if __name__ == '__main__':
    main()
