"""What a caption can state about a scene: the factors, their values, and how they are drawn by lot.

Combinations listed by `held_out` (a noun with a tint, a noun with a background, two nouns side by
side) never occur in training: the evaluation asks for them to see whether the model generalises.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

ICONS = json.loads((Path(__file__).parent / 'icons.json').read_text())
NOUNS = list(ICONS['nouns'])
TINTS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink']
SCENES = [
    'grass',
    'beach',
    'snow',
    'night',
    'ocean',
    'desert',
    'city',
    'sunset',
    'forest',
    'space',
    'mountains',
    'room',
]
COLOURS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'white', 'gray', 'black']
PATTERNS = ['striped', 'dotted', 'checkered']
POSITIONS = ['left', 'right', 'top', 'bottom']
SIZES = ['small', 'big']
STYLES = ['pixel art', 'black and white', 'pencil sketch', 'sticker', 'vintage photo']
ACCESSORIES = list(ICONS['accessories'])
DETAILS = [*ACCESSORIES, 'spotted', 'striped']
LIGHTS = ['left', 'right', 'dusk', 'glow']
RELATIONS = ['beside', 'above']
OFTENER = {'big': 6.0, 'small': 3.0, 'detail': 5.0, 'pixel art': 8.0, 'style': 3.0, 'tint': 2.0}
"""How much oftener scenes are drawn that state one of these (the largest counts): each is in few
scenes, and big objects, details and pixel art were not learnt without it (NOTES.md)."""


@dataclass
class Thing:
    """One noun of the caption with its tint (None: its own colours)."""

    noun: str
    tint: str | None = None


@dataclass
class Factors:
    """All that a caption may state. None means: left open, the noise decides."""

    things: list[Thing] = field(default_factory=list)
    relation: str | None = None
    count: int = 1
    position: str | None = None
    size: str | None = None
    background: tuple[str, str] | None = None
    """('scene', name), ('plain', colour) or (pattern, colour)."""
    style: str | None = None
    detail: str | None = None
    light: str | None = None

    def to_json(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_json(data: dict) -> 'Factors':
        background = tuple(data['background']) if data['background'] else None
        return Factors(
            **{
                **data,
                'background': background,
                'things': [Thing(**thing) for thing in data['things']],
            }
        )


def _bucket(text: str, count: int) -> int:
    """A number below `count` that depends on the text alone, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), 'big') % count


def held_out(factors: Factors) -> list[str]:
    """The combinations in a scene that training never shows, as readable text."""
    found = []
    for thing in factors.things:
        if thing.tint and _bucket(f'tint {thing.noun} {thing.tint}', 10) == 0:
            found.append(f'{thing.tint} {thing.noun}')
        if factors.background and _bucket(f'on {thing.noun} {factors.background[1]}', 10) == 0:
            found.append(f'{thing.noun} on {factors.background[1]}')
    if len(factors.things) == 2:
        pair = sorted(thing.noun for thing in factors.things)
        if _bucket(f'pair {pair[0]} {pair[1]}', 5) == 0:
            found.append(f'{pair[0]} and {pair[1]}')
    return found


def _pick(rng: np.random.Generator, values: list):
    return values[int(rng.integers(len(values)))]


def _draw(rng: np.random.Generator) -> Factors:
    factors = Factors()
    kind = rng.random()
    nouns = rng.choice(len(NOUNS), 2 if kind < 0.27 else 1, replace=False)
    factors.things = [
        Thing(NOUNS[int(i)], _pick(rng, TINTS) if rng.random() < 0.2 else None) for i in nouns
    ]
    if kind < 0.27:
        factors.relation = 'beside' if rng.random() < 0.7 else 'above'
    elif kind < 0.38:
        factors.count = int(rng.integers(2, 4))
    else:
        if rng.random() < 0.3:
            factors.position = _pick(rng, POSITIONS)
            factors.size = 'small' if rng.random() < 0.25 else None
        elif rng.random() < 0.35:
            factors.size = _pick(rng, SIZES)
        if factors.size != 'small' and rng.random() < 0.2:
            factors.detail = _pick(rng, DETAILS)
    kind = rng.random()
    if kind < 0.5:
        factors.background = ('scene', _pick(rng, SCENES))
    elif kind < 0.74:
        factors.background = ('plain', _pick(rng, COLOURS))
    elif kind < 0.88:
        factors.background = (_pick(rng, PATTERNS), _pick(rng, COLOURS))
    colour = factors.background[1] if factors.background else None
    for thing in factors.things:
        thing.tint = None if thing.tint == colour else thing.tint
    if rng.random() < 0.17:
        factors.style = _pick(rng, STYLES)
    if rng.random() < 0.2:
        factors.light = _pick(rng, LIGHTS)
    return factors


def sample_factors(rng: np.random.Generator, split: str = 'train') -> Factors:
    """Draws a scene. `train` has no held-out combination, `held` has at least one."""
    while True:
        factors = _draw(rng)
        if bool(held_out(factors)) == (split == 'held'):
            return factors


def draw_chance(factors: Factors) -> float:
    """How often training draws a scene, relative to one with nothing rare in it."""
    stated = {
        'big': factors.size == 'big',
        'small': factors.size == 'small',
        'detail': factors.detail,
        'pixel art': factors.style == 'pixel art',
        'style': factors.style,
        'tint': any(thing.tint for thing in factors.things),
    }
    return max([1.0, *(OFTENER[name] for name, value in stated.items() if value)])
