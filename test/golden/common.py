"""What the fixture scripts share: how a fixture says where it comes from, and writers whose bytes repeat."""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import json
import logging
import platform
import warnings
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent
"""Where the fixtures lie."""


def start() -> None:
    """One thread and no noise in the log: the same machine then gives the same bits at every run."""
    warnings.filterwarnings('ignore')
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def meta(script: str, packages: list[str], **facts: object) -> dict:
    """The record that every fixture carries: command, versions, the CPU's vector unit, and what the script adds."""
    return {
        'command': f'python test/golden/{script}',
        'python': platform.python_version(),
        'versions': {name: importlib.metadata.version(name).split('+')[0] for name in sorted(packages)},
        'cpuCapability': torch.backends.cpu.get_cpu_capability(),
        **facts,
    }


def file_hashes(folder: Path, pattern: str = '*/*.safetensors') -> dict[str, str]:
    """SHA-256 of the files in a model folder, by path relative to it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob(pattern))
    }


def short(values: torch.Tensor | np.ndarray | list) -> list | float:
    """float32 values as the shortest decimals that give back the same float32 (round to float32 after parsing)."""
    array = np.asarray(values, dtype=np.float32)
    if not np.isfinite(array).all():
        raise ValueError('a fixture must hold finite numbers')
    flat = [float(str(value)) for value in array.reshape(-1)]
    for size in reversed(array.shape[1:]):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)]
    return flat if array.shape else flat[0]


def write_json(name: str, content: dict, *, is_compressed: bool = False) -> None:
    """Writes compact JSON, one line a top-level list entry so that a change shows; gzip without a time stamp."""
    lines = []
    for key, value in content.items():
        if isinstance(value, list) and value and not is_compressed:
            body = '[\n' + ',\n'.join(dump(entry) for entry in value) + '\n]'
        else:
            body = dump(value)
        lines.append(f'{dump(key)}:{body}')
    data = ('{' + ',\n'.join(lines) + '}\n').encode()
    write_bytes(name, gzip.compress(data, 9, mtime=0) if is_compressed else data)


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'), allow_nan=False)


def write_tensors(name: str, tensors: dict[str, torch.Tensor], facts: dict) -> None:
    """Writes a safetensors file with `facts` as JSON under `meta`. One key only: the order of several may vary."""
    from safetensors.torch import save

    data = save({key: tensor.contiguous() for key, tensor in sorted(tensors.items())}, {'meta': dump(facts)})
    write_bytes(name, data)


def write_bytes(name: str, data: bytes) -> None:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    print(f'{name}  {len(data) / 1e3:.1f} kB  sha256 {hashlib.sha256(data).hexdigest()[:16]}')
