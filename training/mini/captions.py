"""Captions: several ways to say the same factors. What the factors leave open, captions do too."""

import numpy as np

from factors import (
    ACCESSORIES,
    COLOURS,
    DETAILS,
    NOUNS,
    PATTERNS,
    STYLES,
    TINTS,
    Factors,
    Thing,
)

PLURALS = {
    'fish': 'fish',
    'bus': 'buses',
    'fox': 'foxes',
    'octopus': 'octopuses',
    'butterfly': 'butterflies',
    'strawberry': 'strawberries',
    'grapes': 'bunches of grapes',
    'cactus': 'cacti',
}
UNCOUNTED = {'grapes'}
NUMBERS = {2: 'two', 3: 'three'}
SIZE_WORDS = {'small': ['small', 'tiny', 'little'], 'big': ['big', 'large', 'huge']}
POSITION_WORDS = {
    'left': ['on the left'],
    'right': ['on the right'],
    'top': ['at the top'],
    'bottom': ['at the bottom'],
}
SCENE_WORDS = {
    'grass': ['on grass', 'in a meadow', 'on the grass under a blue sky'],
    'beach': ['on the beach', 'at the beach', 'by the sea'],
    'snow': ['in the snow', 'in a snowy field'],
    'night': ['at night', 'under the stars at night'],
    'ocean': ['underwater', 'in the ocean'],
    'desert': ['in the desert', 'on the sand dunes'],
    'city': ['in the city', 'in a city street'],
    'sunset': ['at sunset', 'in front of a sunset'],
    'forest': ['in the forest', 'in the woods'],
    'space': ['in space', 'in outer space'],
    'mountains': ['in the mountains', 'in front of snowy mountains'],
    'room': ['in a room', 'indoors'],
}
LIGHT_WORDS = {
    'left': ['lit from the left', 'light from the left'],
    'right': ['lit from the right', 'light from the right'],
    'dusk': ['at dusk', 'in dim evening light'],
    'glow': ['glowing', 'with a bright glow'],
}
OPENINGS = [
    'a picture of',
    'a photo of',
    'an image of',
    'a cinematic shot of',
    'an illustration of',
    'a drawing of',
]


SHARED = set('a an and as at by from front in of on the under to with left right'.split())


def _words(texts: list[str]) -> set[str]:
    return {word for text in texts for word in text.split()} - SHARED


def object_words() -> set[str]:
    """Words that name a thing: nouns, their plurals, what is worn."""
    return _words([*NOUNS, *(plural(noun) for noun in NOUNS), *ACCESSORIES])


def look_words() -> set[str]:
    """Words that say how it looks: colours, patterns, scenes, light and styles."""
    phrases = [phrase for said in (SCENE_WORDS, LIGHT_WORDS) for p in said.values() for phrase in p]
    marks = [detail for detail in DETAILS if detail not in ACCESSORIES]
    texts = [*TINTS, *COLOURS, *PATTERNS, *STYLES, *OPENINGS, *phrases, *marks]
    return _words([*texts, 'background', 'wall']) - object_words()


def article(words: str) -> str:
    return f'{"an" if words[0] in "aeiou" else "a"} {words}'


def plural(noun: str) -> str:
    return PLURALS.get(noun, noun + 's')


def _pick(rng: np.random.Generator, options: list[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _noun_phrase(thing: Thing, *adjectives: str | None) -> str:
    words = ' '.join(word for word in (*adjectives, thing.tint, thing.noun) if word)
    return words if thing.noun in UNCOUNTED else article(words)


def _subject(factors: Factors, rng: np.random.Generator) -> str:
    if factors.relation:
        first, second = (_noun_phrase(thing) for thing in factors.things)
        if factors.relation == 'above':
            return _pick(
                rng,
                [
                    f'{first} above {second}',
                    f'{first} on top of {second}',
                    f'{second} below {first}',
                ],
            )
        return _pick(
            rng,
            [
                f'{first} and {second}',
                f'{first} next to {second}',
                f'{first} on the left and {second} on the right',
                f'{first} to the left of {second}',
            ],
        )
    thing = factors.things[0]
    if factors.count > 1:
        words = [NUMBERS[factors.count], thing.tint, plural(thing.noun)]
        return ' '.join(word for word in words if word)
    size = _pick(rng, SIZE_WORDS[factors.size]) if factors.size else None
    on_object = factors.detail if factors.detail in ('spotted', 'striped') else None
    subject = _noun_phrase(thing, size, on_object)
    if factors.detail and not on_object:
        worn = factors.detail if factors.detail == 'sunglasses' else article(factors.detail)
        subject += ' ' + _pick(rng, [f'with {worn}', f'wearing {worn}'])
    if factors.position:
        subject += ' ' + _pick(rng, POSITION_WORDS[factors.position])
    return subject


def _background(factors: Factors, rng: np.random.Generator) -> str | None:
    if factors.background is None:
        return None
    kind, value = factors.background
    if kind == 'scene':
        return _pick(rng, SCENE_WORDS[value])
    if kind == 'plain':
        return _pick(
            rng,
            [
                f'on {article(value)} background',
                f'in front of {article(value)} wall',
                f'on {value}',
            ],
        )
    return f'on {article(kind)} {value} background'


def caption(factors: Factors, rng: np.random.Generator) -> str:
    """One of the captions that say these factors."""
    text = _subject(factors, rng)
    background = _background(factors, rng)
    if background:
        text += _pick(rng, [' ', ' ', ', ']) + background
    if factors.light:
        text += ', ' + _pick(rng, LIGHT_WORDS[factors.light])
    if factors.style:
        return _pick(
            rng,
            [
                f'{text}, {factors.style}',
                f'{factors.style} of {text}',
                f'{text}, in {factors.style} style',
                f'{text} as {factors.style}',
            ],
        )
    if rng.random() < 0.15:
        return f'{_pick(rng, OPENINGS)} {text}'
    return text
