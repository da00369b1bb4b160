"""From factors and nuisance numbers to a picture.

`resolve` settles everything that the caption leaves open with the nuisance numbers `u`; `render`
draws the result. Positions lie on the grid of the U-net's deepest cells (16 px) and sizes are whole
numbers of cells: an object at another place is then the same pattern of cells moved, which one
regression step can draw without blur.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from backgrounds import PALETTE, SIZE, background
from factors import ACCESSORIES, Factors
from work import work_folder

NUISANCES = [
    'drawing 1',
    'drawing 2',
    'mirror 1',
    'mirror 2',
    'shift x',
    'shift y',
    'light side',
    'horizon',
    'layout',
    'tone',
    'backdrop a',
    'backdrop b',
    'scale',
]
USUAL = np.array([-1, -1, -1, -1, 0, 0, -1, 0, -1, 0, -1, -1, -1], np.float32)
"""What scenes look like where nothing is left to chance."""
CELL = 16
SMALL, NORMAL, BIG = 48, 64, 96
PLACES = {None: (64, 64), 'left': (32, 64), 'right': (96, 64), 'top': (64, 32), 'bottom': (64, 96)}
FLOATING = ('ocean', 'space')
YY, XX = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + 0.5


@dataclass(frozen=True)
class Sprite:
    """One object in the picture: its drawing and the square it fills (centre, side, in px)."""

    noun: str
    tint: str | None
    drawing: int
    mirrored: bool
    x: int
    y: int
    side: int


@dataclass(frozen=True)
class Scene:
    """A picture fully decided."""

    sprites: tuple[Sprite, ...]
    background: tuple[str, str | int]
    horizon: int
    layout: int
    tone: float
    light: str
    light_side: str
    style: str | None
    detail: str | None


THIRD = 0.43
"""A third of a standard normal number's values are above."""


def _three_way(u: float) -> int:
    """-1, 0 or 1 in about equal shares."""
    return int(u > THIRD) - int(u < -THIRD)


def _places(factors: Factors, dx: int, dy: int, scale: float, side: str):
    """The (x, y, side) of every object of the scene."""
    if factors.relation == 'above':
        return [(64 + dx, 32, NORMAL), (64 + dx, 96, NORMAL)]
    if factors.relation or factors.count == 2:
        return [(32, 64 + dy, NORMAL), (96, 64 + dy, NORMAL)]
    if factors.count == 3:
        return [(24, 88, SMALL), (56 if side == 'left' else 72, 40, SMALL), (104, 88, SMALL)]
    x, y = PLACES[factors.position]
    if factors.size == 'small':
        x, y = x + 8 * (1 if x <= 64 else -1), y + 8 * (1 if y <= 64 else -1)
        length = SMALL
    elif factors.position is None and (
        factors.size == 'big' or (factors.size is None and scale > 0)
    ):
        length = BIG
    else:
        length = NORMAL
    if factors.position in (None, 'top', 'bottom'):
        x += dx
    if factors.position in (None, 'left', 'right'):
        y += dy
    return [(x, y, length)]


def resolve(factors: Factors, u: np.ndarray) -> Scene:
    """Decides what the factors leave open. `u`: [13] standard normal, named by NUISANCES."""
    value = dict(zip(NUISANCES, (float(x) for x in u)))
    chosen_side = 'left' if value['light side'] < 0 else 'right'
    places = _places(
        factors,
        CELL * _three_way(value['shift x']),
        CELL * _three_way(value['shift y']),
        value['scale'],
        'left' if value['shift x'] < 0 else 'right',
    )
    things = factors.things * (factors.count if not factors.relation else 1)
    sprites = tuple(
        Sprite(
            thing.noun,
            thing.tint,
            drawing=int(value['drawing 2' if factors.relation and i else 'drawing 1'] > 0),
            mirrored=value['mirror 2' if factors.relation and i else 'mirror 1'] > 0,
            x=x,
            y=y,
            side=side,
        )
        for i, (thing, (x, y, side)) in enumerate(zip(things, places))
    )
    hue = 2 * int(value['backdrop a'] > 0) + int(value['backdrop b'] > 0)
    return Scene(
        sprites,
        factors.background or ('studio', hue),
        horizon=8 * _three_way(value['horizon']),
        layout=int(value['layout'] > 0),
        tone=float(np.tanh(value['tone'])),
        light=factors.light or 'day',
        light_side=factors.light if factors.light in ('left', 'right') else chosen_side,
        style=factors.style,
        detail=factors.detail,
    )


def _tinted(rgba: Image.Image, colour: str) -> Image.Image:
    """Recolours by luminance: dark stays dark, light stays light, between is the tint."""
    a = np.asarray(rgba, np.float32)
    light = (a[..., :3] @ np.array([0.35, 0.5, 0.15], np.float32) / 255)[..., None]
    tint = np.array(PALETTE[colour], np.float32)
    rgb = np.where(
        light < 0.5, tint * (2 * light) ** 0.8, tint + (255 - tint) * (2 * light - 1) * 0.75
    )
    return Image.fromarray(np.concatenate([rgb.clip(0, 255), a[..., 3:]], -1).astype(np.uint8))


def _marked(rgba: Image.Image, detail: str) -> Image.Image:
    """Dark spots or bands on the object itself, eight to a side."""
    a = np.asarray(rgba, np.float32).copy()
    yy, xx = (np.mgrid[0 : a.shape[0], 0 : a.shape[1]] + 0.5) * 8 / a.shape[0]
    if detail == 'spotted':
        mask = (xx % 1.6 - 0.8) ** 2 + ((yy + 0.8 * (xx // 1.6 % 2)) % 1.6 - 0.8) ** 2 < 0.2
    else:
        mask = (yy % 1.6) < 0.65
    a[mask, :3] = a[mask, :3] * 0.3 + np.array([12, 8, 30])
    return Image.fromarray(a.astype(np.uint8))


@lru_cache(maxsize=20000)
def _drawing(name: str, k: int, side: int, mirrored: bool, tint: str | None, mark: str | None):
    """RGBA square of `side` px whose drawing fills it but for a margin of 1/24."""
    image = Image.open(work_folder() / 'sprites' / f'{name}.{k}.png').convert('RGBA')
    image = image.crop(image.getchannel('A').point(lambda a: 255 * (a > 16)).getbbox())
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if tint:
        image = _tinted(image, tint)
    scale = side * 11 / 12 / max(image.size)
    size = tuple(max(1, round(length * scale)) for length in image.size)
    image = image.resize(size, Image.Resampling.LANCZOS)
    if mark:
        image = _marked(image, mark)
    square = Image.new('RGBA', (side, side))
    square.paste(image, ((side - size[0]) // 2, side - side // 24 - size[1]))
    return square


def _top(square: Image.Image) -> int:
    return square.getchannel('A').getbbox()[1]


def _halo(sprite: Sprite) -> np.ndarray:
    """f32 [128, 128, 1], 0..1: a glow around an object."""
    d = np.hypot(XX - sprite.x, YY - sprite.y) / sprite.side
    return np.clip(1.25 - 1.45 * d, 0, 1)[..., None] ** 1.5


def _shadow(sprite: Sprite, light_side: str) -> np.ndarray:
    """f32 [128, 128, 1]: darkening by the object's shadow, thrown away from the light."""
    away = sprite.side * (0.14 if light_side == 'left' else -0.14)
    dx = (XX - sprite.x - away) / (sprite.side * 0.42)
    dy = (YY - sprite.y - sprite.side * 0.44) / (sprite.side * 0.08)
    return 1 - 0.45 * np.exp(-(dx**2) - dy**2)[..., None]


def _paste(canvas: Image.Image, square: Image.Image, sprite: Sprite, dy: int = 0) -> None:
    corner = (sprite.x - square.width // 2, sprite.y - square.height // 2 + dy)
    canvas.paste(square, corner, square)


def _outline(canvas: Image.Image, square: Image.Image, sprite: Sprite) -> None:
    """The white rim of a sticker."""
    alpha = Image.new('L', (sprite.side + 8, sprite.side + 8))
    alpha.paste(square.getchannel('A'), (4, 4))
    rim = Image.new('RGBA', alpha.size, 'white')
    rim.putalpha(alpha.filter(ImageFilter.MaxFilter(7)))
    _paste(canvas, rim, sprite)


def _wear(canvas: Image.Image, square: Image.Image, sprite: Sprite, accessory: str) -> None:
    """Puts an accessory on an object: sunglasses across it, the others on its head."""
    half = sprite.side // 2
    worn = _drawing(
        accessory, 0, half if accessory != 'sunglasses' else sprite.side * 5 // 8, False, None, None
    )
    if accessory == 'sunglasses':
        dy = -sprite.side // 4
    else:
        dy = -sprite.side // 2 + _top(square) - half // 4
        dy = max(dy, worn.height // 2 - sprite.y)
    _paste(canvas, worn, sprite, dy)


def _styled(image: Image.Image, style: str | None) -> Image.Image:
    if style == 'pixel art':
        return image.resize((32, 32), Image.Resampling.BOX).resize(
            (SIZE, SIZE), Image.Resampling.NEAREST
        )
    if style == 'black and white':
        return image.convert('L').convert('RGB')
    if style == 'pencil sketch':
        gray = np.asarray(image.convert('L').filter(ImageFilter.GaussianBlur(0.8)), np.float32)
        edges = np.abs(np.gradient(gray)).sum(0)
        return Image.fromarray(
            np.clip(248 - edges * 5.5 - (255 - gray) * 0.12, 20, 255).astype(np.uint8)
        ).convert('RGB')
    if style == 'vintage photo':
        gray = np.asarray(image.convert('L'), np.float32)[..., None] / 255
        corner = 1 - 0.45 * (((XX - 64) ** 2 + (YY - 64) ** 2) / 8192)[..., None]
        sepia = np.array([255, 222, 170], np.float32) * (0.12 + 0.88 * gray) * corner
        return Image.fromarray(sepia.clip(0, 255).astype(np.uint8))
    return image


def render(scene: Scene) -> np.ndarray:
    """Draws a scene: u8 [128, 128, 3]."""
    image = background(*scene.background, scene.horizon, scene.layout) * (1 + 0.08 * scene.tone)
    floats = scene.background[1] in FLOATING
    for sprite in scene.sprites:
        if scene.light == 'glow':
            halo = _halo(sprite)
            image = image * (1 - halo) + np.array([255, 246, 190], np.float32) * halo
        elif not floats and scene.style != 'sticker':
            image = image * _shadow(sprite, scene.light_side)
    canvas = Image.fromarray(image.clip(0, 255).astype(np.uint8))
    mark = scene.detail if scene.detail in ('spotted', 'striped') else None
    for sprite in scene.sprites:
        square = _drawing(
            sprite.noun, sprite.drawing, sprite.side, sprite.mirrored, sprite.tint, mark
        )
        if scene.style == 'sticker':
            _outline(canvas, square, sprite)
        _paste(canvas, square, sprite)
        if scene.detail in ACCESSORIES:
            _wear(canvas, square, sprite, scene.detail)
    strength = 0.36 if scene.light in ('left', 'right') else 0.2
    across = (XX - 64) / 64 * (-1 if scene.light_side == 'left' else 1)
    image = np.asarray(canvas, np.float32) * (1 + strength * across)[..., None]
    if scene.light == 'dusk':
        image = image * np.array([0.62, 0.46, 0.66], np.float32) + np.array([14, 4, 26], np.float32)
    lit = Image.fromarray(image.clip(0, 255).astype(np.uint8))
    return np.asarray(_styled(lit, scene.style))
