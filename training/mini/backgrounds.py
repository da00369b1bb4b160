"""Drawn backgrounds: scenes, patterns, plain colours and the studio backdrops of open captions.

Everything is drawn at twice the size and averaged, so that edges are smooth. `horizon` moves the
horizon by that many pixels, `layout` (0 or 1) chooses one of two arrangements.
"""

from functools import cache

import numpy as np

SIZE = 128
YY, XX = (np.mgrid[0 : 2 * SIZE, 0 : 2 * SIZE].astype(np.float32) + 0.5) / 2
PALETTE = {
    'red': (214, 40, 40),
    'orange': (244, 140, 40),
    'yellow': (250, 210, 60),
    'green': (70, 165, 70),
    'blue': (50, 110, 220),
    'purple': (140, 70, 190),
    'pink': (245, 150, 190),
    'white': (245, 245, 245),
    'gray': (130, 130, 135),
    'black': (25, 25, 30),
}
STUDIO = [(236, 226, 205), (205, 222, 238), (214, 234, 212), (240, 212, 216)]
Image = np.ndarray
"""f32 [256, 256, 3] while drawing."""


def _points(layout: int, count: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(7 + layout)
    return [(float(x), float(y)) for x, y in rng.uniform(4, SIZE - 4, (count, 2))]


def _gradient(top, bottom, y0: float = 0, y1: float = SIZE) -> Image:
    t = np.clip((YY - y0) / (y1 - y0), 0, 1)[..., None]
    return np.array(top, np.float32) * (1 - t) + np.array(bottom, np.float32) * t


def _fill(image: Image, mask: np.ndarray, colour) -> None:
    image[mask] = colour[mask] if np.ndim(colour) == 3 else colour


def _disc(image: Image, x: float, y: float, radius: float, colour) -> None:
    _fill(image, (XX - x) ** 2 + (YY - y) ** 2 < radius**2, colour)


def _cloud(image: Image, x: float, y: float) -> None:
    for dx, dy, radius in ((-9, 2, 6), (0, -2, 8), (9, 2, 6)):
        _disc(image, x + dx, y + dy, radius, (250, 252, 255))


def grass(h: float, layout: int) -> Image:
    image = _gradient((120, 190, 250), (205, 232, 255), 0, 78 + h)
    for x, y in ((24, 20), (98, 32)) if layout else ((100, 16), (58, 30)):
        _cloud(image, x, y)
    _fill(
        image,
        YY > 78 + h + 3 * np.sin(XX / 9 + 2 * layout),
        _gradient((110, 190, 70), (60, 140, 45), 78 + h, SIZE),
    )
    return image


def beach(h: float, layout: int) -> Image:
    image = _gradient((110, 195, 250), (220, 240, 250), 0, 56 + h)
    _disc(image, 104 if layout else 24, 20, 11, (255, 240, 150))
    _fill(image, YY > 56 + h, _gradient((40, 140, 200), (70, 190, 210), 56 + h, 84 + h))
    slope = (XX - 64) * (0.12 if layout else -0.12)
    _fill(
        image,
        YY > 84 + h + slope + 3 * np.sin(XX / 14),
        _gradient((245, 220, 160), (225, 190, 125), 84 + h, SIZE),
    )
    return image


def snow(h: float, layout: int) -> Image:
    image = _gradient((165, 192, 220), (222, 233, 245), 0, 84 + h)
    _fill(image, YY > 84 + h + 5 * np.sin(XX / 17 + 3 * layout), (248, 251, 255))
    for x, y in _points(layout, 26):
        _disc(image, x, y, 1.9, (255, 255, 255))
    return image


def night(h: float, layout: int) -> Image:
    image = _gradient((12, 16, 50), (40, 45, 95))
    for x, y in _points(layout, 26):
        _disc(image, x, y, 1.4, (255, 245, 200))
    _disc(image, 22 if layout else 106, 20, 10.5, (250, 240, 190))
    _fill(image, YY > 104 + h, (22, 34, 40))
    return image


def ocean(h: float, layout: int) -> Image:
    image = _gradient((60, 170, 220), (10, 60, 130))
    for x, y in _points(layout + 20, 10):
        ring = (XX - x) ** 2 + (YY - y) ** 2
        _fill(image, (ring < 16) & (ring > 6), (190, 230, 250))
    _fill(image, YY > 114 + h / 2 + 3 * np.sin(XX / 11 + 2 * layout), (200, 180, 120))
    return image


def desert(h: float, layout: int) -> Image:
    image = _gradient((250, 205, 120), (255, 235, 190), 0, 80 + h)
    _disc(image, 28 if layout else 100, 24, 10, (255, 250, 220))
    _fill(image, YY > 80 + h + 9 * np.sin(XX / 20 + 2.4 * layout), (225, 165, 85))
    _fill(image, YY > 100 + h + 7 * np.sin(XX / 15 + 2 + 2.4 * layout), (200, 135, 65))
    return image


BUILDINGS = [
    [(0, 22, 60), (22, 16, 38), (38, 24, 78), (62, 18, 48), (80, 26, 68), (106, 22, 44)],
    [(0, 26, 40), (26, 20, 74), (46, 20, 52), (66, 26, 84), (92, 14, 36), (106, 22, 66)],
]
WALLS = [
    (110, 120, 140),
    (140, 120, 115),
    (95, 105, 130),
    (130, 125, 135),
    (105, 100, 120),
    (135, 130, 125),
]


def city(h: float, layout: int) -> Image:
    image = _gradient((150, 185, 220), (225, 230, 235), 0, 110)
    walls = np.zeros(XX.shape, bool)
    for (x, width, height), colour in zip(BUILDINGS[layout], WALLS):
        top = SIZE - 14 - height + h
        _fill(image, (XX >= x) & (XX < x + width) & (YY > top), colour)
        walls |= (XX >= x + 1) & (XX < x + width - 1) & (YY > top + 4)
    panes = (XX % 12 > 4) & (XX % 12 < 9) & (YY % 14 > 4) & (YY % 14 < 11)
    _fill(image, panes & walls, (250, 225, 140))
    _fill(image, YY > SIZE - 18, (85, 85, 90))
    return image


def sunset(h: float, layout: int) -> Image:
    image = _gradient((95, 55, 120), (255, 150, 70), 0, 86 + h)
    _disc(image, 88 if layout else 40, 86 + h, 22, (255, 225, 120))
    _fill(image, YY > 86 + h, _gradient((190, 85, 80), (70, 40, 80), 86 + h, SIZE))
    return image


def forest(h: float, layout: int) -> Image:
    image = _gradient((175, 215, 170), (120, 175, 110), 0, 90)
    for i in range(7):
        x, odd = 10 + 18 * i, (i + layout) % 2
        width = (YY - 14 - 12 * odd) * 0.2
        _fill(image, (np.abs(XX - x) < width) & (YY < 92 + h), (45, 105 + 20 * odd, 60))
    _fill(image, YY > 90 + h, (95, 75, 45))
    return image


def space(h: float, layout: int) -> Image:
    image = np.empty((*XX.shape, 3), np.float32)
    image[:] = (10, 8, 25)
    for x, y in _points(layout, 28):
        _disc(image, x, y, 1.3, (235, 235, 255))
    x, y = (104, 26 + h / 2) if layout else (22, 24 + h / 2)
    _disc(image, x, y, 12, (200, 120, 80))
    ring = ((XX - x) * 0.6) ** 2 + ((YY - y) * 1.6 + (XX - x) * 0.5) ** 2
    _fill(image, (ring < 190) & (ring > 120), (230, 200, 150))
    return image


def mountains(h: float, layout: int) -> Image:
    image = _gradient((140, 190, 235), (225, 235, 245), 0, 90)
    for x, top, colour in ((30, 26, (118, 128, 152)), (96, 16, (98, 108, 135))):
        x = SIZE - x if layout else x
        slope = (YY - top - h) * 0.75
        inside = np.abs(XX - x) < slope
        _fill(image, inside, colour)
        _fill(image, inside & (YY < top + h + 16 + 3 * np.sin(XX)), (248, 250, 255))
    _fill(image, YY > 92 + h, _gradient((120, 160, 95), (80, 125, 70), 92 + h, SIZE))
    return image


def room(h: float, layout: int) -> Image:
    image = _gradient((232, 214, 184), (218, 196, 164), 0, 92 + h)
    x = 96 if layout else 30
    for half, colour in ((19, (250, 248, 240)), (16, (150, 205, 240))):
        _fill(image, (np.abs(XX - x) < half) & (np.abs(YY - 34) < half), colour)
    _fill(image, (np.abs(XX - x) < 1.2) & (np.abs(YY - 34) < 16), (250, 248, 240))
    _fill(image, YY > 92 + h, (164, 112, 68))
    _fill(image, (YY > 92 + h) & ((YY - h) % 12 < 1.5), (130, 86, 50))
    return image


def studio(h: float, layout: int, hue: int) -> Image:
    """A plain backdrop with a floor, for captions that name no background."""
    wall = np.array(STUDIO[hue], np.float32)
    image = _gradient(wall, wall * 0.94, 0, 92 + h)
    floor = 0.86 if layout else 0.9
    _fill(image, YY > 92 + h, _gradient(wall * floor, wall * (floor - 0.08), 92 + h, SIZE))
    return image


def pattern(kind: str, colour: str, layout: int) -> Image:
    """A plain colour or a pattern of it with a darker (on dark colours: lighter) tone."""
    base = np.array(PALETTE[colour], np.float32)
    image = np.empty((*XX.shape, 3), np.float32)
    image[:] = base
    if kind == 'plain':
        return image
    other = base * 0.62 if base.mean() > 110 else base * 0.5 + 110
    masks = {
        'striped': (XX + (1 - 2 * layout) * YY) // 14 % 2 == 0,
        'dotted': (XX % 16 - 8) ** 2 + (YY % 16 - 8) ** 2 < (26 if layout else 16),
        'checkered': (XX // 16 + YY // 16 + layout) % 2 == 0,
    }
    _fill(image, masks[kind], other)
    return image


DRAWERS = {
    f.__name__: f
    for f in (
        grass,
        beach,
        snow,
        night,
        ocean,
        desert,
        city,
        sunset,
        forest,
        space,
        mountains,
        room,
    )
}


@cache
def background(kind: str, value: str | int, horizon: int, layout: int) -> np.ndarray:
    """f32 [128, 128, 3] in 0..255; `kind` is scene, studio, plain or a pattern."""
    if kind == 'scene':
        image = DRAWERS[value](horizon, layout)
    elif kind == 'studio':
        image = studio(horizon, layout, value)
    else:
        image = pattern(kind, value, layout)
    image = image.reshape(SIZE, 2, SIZE, 2, 3).mean((1, 3))
    image.setflags(write=False)
    return image
