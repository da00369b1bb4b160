"""What is really in a rendered scene, as numbers: the targets of the classifier.

Global factors have one class each. Objects, tints and drawings are maps on the 8 x 8 grid of cells,
where a class holds in all cells that an object's square covers: position, size, number and order of
objects follow from the maps.
"""

import numpy as np

from factors import COLOURS, DETAILS, NOUNS, PATTERNS, SCENES, STYLES, TINTS
from scenes import BIG, CELL, SMALL, Scene

GRID = 8
COLOURLESS = ('black and white', 'pencil sketch', 'vintage photo')
GLOBAL = {
    'background': [*SCENES, *COLOURS, 'studio'],
    'pattern': ['scene', 'plain', *PATTERNS, 'studio'],
    'style': ['none', *STYLES],
    'detail': ['none', *DETAILS],
    'light': ['day', 'left', 'right', 'dusk', 'glow'],
    'lightSide': ['left', 'right'],
    'count': ['1', '2', '3'],
    'position': ['center', 'left', 'right', 'top', 'bottom', 'several'],
    'size': ['small', 'normal', 'big'],
}
MAPS = {'object': ['none', *NOUNS], 'tint': ['none', *TINTS]}


def _position(scene: Scene) -> str:
    if len(scene.sprites) > 1:
        return 'several'
    sprite = scene.sprites[0]
    dx, dy = sprite.x - 64, sprite.y - 64
    if max(abs(dx), abs(dy)) <= CELL:
        return 'center'
    if abs(dx) > abs(dy):
        return 'left' if dx < 0 else 'right'
    return 'top' if dy < 0 else 'bottom'


def global_classes(scene: Scene) -> dict[str, str]:
    """The value of every global factor in this picture (not merely in its caption)."""
    kind, value = scene.background
    return {
        'background': 'studio' if kind == 'studio' else value,
        'pattern': kind,
        'style': scene.style or 'none',
        'detail': scene.detail or 'none',
        'light': scene.light,
        'lightSide': scene.light_side,
        'count': str(len(scene.sprites)),
        'position': _position(scene),
        'size': {SMALL: 'small', BIG: 'big'}.get(scene.sprites[0].side, 'normal'),
    }


def is_visible(scene: Scene, factor: str) -> bool:
    """Whether a factor can be seen at all: styles without colour hide tints and plain colours."""
    if factor == 'tint':
        return scene.style not in COLOURLESS
    if factor == 'background':
        return scene.style not in COLOURLESS or scene.background[0] == 'scene'
    if factor in ('light', 'lightSide'):
        return scene.style != 'pencil sketch'
    return True


def cell_box(x: int, y: int, side: int) -> tuple[slice, slice]:
    """The cells (rows, columns) whose centres a square covers."""

    def span(centre: int) -> slice:
        start = (centre - side / 2 + CELL / 2) // CELL
        return slice(max(0, int(start)), max(0, int(start)) + max(1, round(side / CELL)))

    return span(y), span(x)


def maps(scene: Scene) -> dict[str, np.ndarray]:
    """i64 [8, 8] class per cell, for `object` and `tint`."""
    result = {name: np.zeros((GRID, GRID), np.int64) for name in MAPS}
    for sprite in scene.sprites:
        rows, columns = cell_box(sprite.x, sprite.y, sprite.side)
        result['object'][rows, columns] = MAPS['object'].index(sprite.noun)
        result['tint'][rows, columns] = MAPS['tint'].index(sprite.tint or 'none')
    return result
