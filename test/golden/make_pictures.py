"""What Pillow makes of picture files, and how it resizes.

    python make_pictures.py

Writes pictures.json:
  files    small files as base64 with the RGB values that Pillow gives for them, upright (EXIF orientation applied)
  resized  a picture by formula (see `drawn`), resampled with LANCZOS to several sizes
"""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
from common import meta, write_json
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

ORIENTATION = 0x0112
USER_COMMENT = 0x9286
EXIF_FOLDER = 0x8769


def drawn(width: int, height: int) -> np.ndarray:
    """u8 [height, width, 3] by whole numbers alone, so that the tests make the same one."""
    y, x, channel = np.mgrid[0:height, 0:width, 0:3]
    return ((x * x * (3 + channel) + y * 17 * (1 + channel) + x * y * 5) % 256).astype(np.uint8)


def smooth(width: int, height: int) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 / (width - 1), y * 255 / (height - 1), 128 + 90 * np.sin(x / 3) * np.cos(y / 2)]
    return Image.fromarray(np.stack(planes, -1).clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return exif


def with_comment(text: str) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(EXIF_FOLDER)[USER_COMMENT] = b'UNICODE\0' + text.encode('utf-16-be')
    return exif


def sixteen_bit(width: int, height: int) -> bytes:
    """Pillow writes no 16-bit RGB; its reader keeps the upper byte, which these samples make exact."""
    rows = drawn(width, height).astype(np.uint16) * 257
    raw = b''.join(b'\0' + row.astype('>u2').tobytes() for row in rows)
    chunk = lambda name, data: struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))  # noqa: E731
    header = struct.pack('>IIBBBBB', width, height, 16, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(raw)) + chunk(b'IEND', b'')


def files() -> dict[str, bytes]:
    image, text = smooth(19, 13), PngInfo()
    text.add_text('parameters', 'a cat')
    text.add_itxt('workflow', '{"ü": 1}', zip=True)
    text.add_text('comment', 'x' * 200, zip=True)
    made = {
        'rgb.png': encoded(image, 'PNG', pnginfo=text),
        'grey.png': encoded(image.convert('L'), 'PNG'),
        'bits.png': encoded(image.convert('1'), 'PNG'),
        'palette.png': encoded(image.quantize(11), 'PNG', bits=4),
        '16bit.png': sixteen_bit(9, 7),
        'turned.png': encoded(image, 'PNG', exif=with_orientation(3)),
        'baseline.jpg': encoded(image, 'JPEG', quality=85),
        'halved.jpg': encoded(image, 'JPEG', quality=70, subsampling=2),
        'progressive.jpg': encoded(image, 'JPEG', progressive=True),
        'grey.jpg': encoded(image.convert('L'), 'JPEG'),
        'comment.jpg': encoded(image, 'JPEG', exif=with_comment('a cat, ü\nSteps: 4')),
        'lossy.webp': encoded(image, 'WEBP', quality=70),
        'lossless.webp': encoded(image, 'WEBP', lossless=True),
        'turned.webp': encoded(image, 'WEBP', lossless=True, exif=with_orientation(6)),
        **{f'turned{i}.jpg': encoded(image, 'JPEG', exif=with_orientation(i)) for i in range(1, 9)},
    }
    return made


def refused() -> dict[str, bytes]:
    image = smooth(19, 13)
    frames = {'save_all': True, 'append_images': [image.rotate(90)], 'duration': 100}
    return {
        'cmyk.jpg': encoded(image.convert('CMYK'), 'JPEG'),
        'animated.webp': encoded(image, 'WEBP', **frames),
        'animated.png': encoded(image, 'PNG', **frames),
        'picture.gif': encoded(image, 'GIF'),
    }


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def main() -> None:
    records = []
    for name, data in files().items():
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert('RGB')
        rgb = base64_of(image.tobytes())
        records.append({'name': name, 'file': base64_of(data), 'width': image.width, 'height': image.height, 'rgb': rgb})
    resized = []
    for width, height, to_width, to_height in [(37, 23, 16, 16), (37, 23, 64, 40), (200, 3, 7, 3), (64, 64, 32, 64)]:
        image = Image.fromarray(drawn(width, height)).resize((to_width, to_height), Image.Resampling.LANCZOS)
        case = {'width': width, 'height': height, 'toWidth': to_width, 'toHeight': to_height}
        resized.append({**case, 'rgb': base64_of(image.tobytes())})
    content = {
        'meta': meta('make_pictures.py', ['pillow', 'numpy']),
        'files': records,
        'refused': [{'name': name, 'file': base64_of(data)} for name, data in refused().items()],
        'resized': resized,
    }
    write_json('pictures.json', content)


if __name__ == '__main__':
    main()
