"""Weights of a network by name, drawn where they are needed: gigabytes of them without holding more than one in memory.

A module is built with placeholders, one stored number for each whole parameter. The exporter writes its graph around
them as around real weights, and each placeholder's number tells which parameter an initializer came from, whatever the
exporter called it or did to it.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import torch

SEED = 7
PAGE = 4096
"""Tensors begin at multiples of it, so that each can be mapped into memory by itself."""

_FIRST_BITS = 0x1000


class Parameter(NamedTuple):
    name: str
    shape: tuple[int, ...]


def draw(name: str, shape: tuple[int, ...], gain: float = 1) -> torch.Tensor:
    """float16 numbers in the range in which torch draws them: larger ones make a chaotic network, in which no two
    programs agree. Norms are near 1 and 0, unlike torch's, so that no two of them are the same."""
    generator = torch.Generator().manual_seed(SEED * 2**32 + zlib.crc32(name.encode()))
    values = torch.rand(shape, generator=generator).mul_(2).sub_(1)
    if len(shape) == 1:
        is_scale = name.endswith('.weight')
        values.mul_(0.1 if is_scale else 0.02).add_(1 if is_scale else 0)
    elif 'embedding.weight' in name:
        values.mul_(0.035)
    else:
        values.mul_(gain / math.sqrt(math.prod(shape[1:])))
    return values.to(torch.float16)


def set_parameter(module: torch.nn.Module, name: str, values: torch.Tensor) -> None:
    path, _, own = name.rpartition('.')
    setattr(module.get_submodule(path), own, torch.nn.Parameter(values, requires_grad=False))


def put_placeholders(module: torch.nn.Module, dtype: torch.dtype) -> list[Parameter]:
    """Each parameter of a module on the device `meta` becomes one number, seen as a whole tensor.

    Returns them in the order in which `index_of` counts.
    """
    made: list[Parameter] = []
    for name, parameter in list(module.named_parameters()):
        bits = np.uint16(_FIRST_BITS + len(made))
        number = torch.from_numpy(np.array(bits).view(np.float16).copy()).to(dtype)
        set_parameter(module, name, number.expand(parameter.shape))
        made.append(Parameter(name, tuple(parameter.shape)))
    return made


def index_of(value: float) -> int:
    """Which placeholder a number is; not one of them: a negative or larger index than there are."""
    half = np.float16(value)
    return int(half.view(np.uint16)) - _FIRST_BITS if np.float32(half) == np.float32(value) else -1


def put_weights(module: torch.nn.Module, gains: dict[str, float], dtype: torch.dtype, prefix: str = '') -> None:
    """The drawn weights themselves, parameter by parameter. `prefix`: of the names, for a part of a network."""
    for name, parameter in list(module.named_parameters()):
        whole = prefix + name
        set_parameter(module, name, draw(whole, tuple(parameter.shape), gains.get(whole, 1)).to(dtype))


class DataFile:
    """External data of one graph, written tensor by tensor."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._file: BinaryIO = path.open('wb')

    def add(self, values: torch.Tensor) -> tuple[int, int]:
        """Returns the offset and the length in bytes."""
        self._file.seek(-self._file.tell() % PAGE, 1)
        offset = self._file.tell()
        data = values.contiguous().numpy()
        data.tofile(self._file)
        return offset, data.nbytes

    def close(self) -> None:
        self._file.close()
