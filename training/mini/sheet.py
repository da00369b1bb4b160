"""Contact sheets: many small pictures in one PNG."""

from pathlib import Path

import numpy as np
from PIL import Image


def save_sheet(rows: list[list[np.ndarray]], path: Path) -> None:
    """`rows` of u8 [height, width, 3] pictures of equal size, with a gap of 2 px."""
    padded = [
        np.concatenate([np.pad(p, ((1, 1), (1, 1), (0, 0)), constant_values=255) for p in row], 1)
        for row in rows
    ]
    Image.fromarray(np.concatenate(padded, 0)).save(path, optimize=True)
