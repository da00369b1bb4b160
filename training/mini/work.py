"""The work folder: everything bulky that the scripts make, outside version control."""

import os
import time
from functools import lru_cache
from pathlib import Path

import torch


def work_folder() -> Path:
    """`$MINI_WORK`, or `work/` beside this file."""
    return Path(os.environ.get('MINI_WORK', Path(__file__).parent / 'work'))


def device() -> torch.device:
    return torch.device('cuda' if torch.cuda.is_available() else 'cpu')


def mixed_precision() -> torch.autocast:
    dtype = fast_dtype()
    return torch.autocast(device().type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


@lru_cache(maxsize=1)
def fast_dtype() -> torch.dtype:
    """bfloat16 on a GPU and on a CPU where a convolution of ours is faster in it (with AVX-512 BF16
    twice as fast as float32, without it 0.6 times): measured once."""
    if device().type == 'cuda' or _seconds(torch.bfloat16) < 0.8 * _seconds(torch.float32):
        return torch.bfloat16
    return torch.float32


def _seconds(dtype: torch.dtype) -> float:
    """The least processor time of a convolution of the deepest level."""
    x, weight = torch.ones(32, 160, 8, 8, dtype=dtype), torch.ones(160, 160, 3, 3, dtype=dtype)
    times = []
    for _ in range(10):
        start = time.process_time()
        torch.conv2d(x, weight, padding=1)
        times.append(time.process_time() - start)
    return min(times)


def save_atomically(value: object, path: Path) -> None:
    """`torch.save` that never leaves half a file behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix('.partial')
    torch.save(value, partial)
    os.replace(partial, path)
