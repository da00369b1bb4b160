"""Collected sets and SAEs as Featurescope writes them, and what the SAEs find in the pictures."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

FORM = {
    'activation': 'topk-relu',
    'applyDecBiasToInput': True,
    'normalisation': 'none',
    'target': 'update',
}
"""The only SAEs that are read here: h -> ReLU(TopK_k(W_enc (h - b_pre) + b_act))."""
POOLS = ('mean', 'maximum')
FILES_A_FOLDER = 1000


@dataclass(frozen=True)
class Sae:
    folder: Path
    block: str
    k: int
    sha256: str
    encoder_t: Tensor  # [d, n]
    pre_bias: Tensor  # [d]
    latent_bias: Tensor  # [n]

    @property
    def n(self) -> int:
        return len(self.latent_bias)


def load_sae(folder: Path, block: str) -> Sae:
    description = json.loads((folder / 'sae.json').read_text())
    found = {key: description[key] for key in FORM}
    if found != FORM:
        raise ValueError(f'{folder} is {found}; only {FORM} is read here')
    weights = load_file(folder / description['weights']['name'])
    parts = (weights[name].float() for name in ('encoder_t', 'pre_bias', 'latent_bias'))
    return Sae(folder, block, description['k'], description['weights']['sha256'], *parts)


class CollectedSet:
    """A folder that `featurescope collect` wrote, whole."""

    def __init__(self, folder: Path):
        self.folder = folder
        manifest = json.loads((folder / 'collection.json').read_text())
        self.steps: list[int] = manifest['steps']
        self.blocks = [block['block'] for block in manifest['blocks']]
        lines = (folder / 'rows.jsonl').read_text().splitlines()
        self.batches = [(row['from'], row['to']) for row in map(json.loads, lines)]
        self.count = self.batches[-1][1]
        if self.count != manifest['pictureCount']:
            raise ValueError(f'{folder} has {self.count} of {manifest["pictureCount"]} pictures')

    def _file(self, kind: str, index: int, ending: str) -> Path:
        return self.folder / kind / f'{index // FILES_A_FOLDER:04}' / f'{index:07}.{ending}'

    def pictures(self, start: int, end: int) -> np.ndarray:
        """u8 [end - start, high, wide, 3]"""
        files = (self._file('pictures', i, 'png') for i in range(start, end))
        return np.stack([np.asarray(Image.open(file).convert('RGB')) for file in files])

    def strengths(self, sae: Sae) -> Tensor:
        """f32 [2, pictures, n]: mean and maximum of each feature over the cells and steps of each
        picture (POOLS)."""
        result = torch.zeros(2, self.count, sae.n)
        for batch, (start, end) in enumerate(self.batches):
            mean, top = result[:, start:end]
            with safe_open(self._file('shards', batch, 'safetensors'), 'pt') as shard:
                for step in self.steps:
                    hidden = shard.get_tensor(f'{sae.block}/{step}').float()
                    pre = (hidden - sae.pre_bias) @ sae.encoder_t + sae.latent_bias
                    kept = pre.topk(sae.k, dim=-1)
                    values, ids = kept.values.relu().flatten(1), kept.indices.flatten(1)
                    mean.scatter_add_(1, ids, values / (hidden.shape[1] * len(self.steps)))
                    top.scatter_reduce_(1, ids, values, 'amax')
        return result
