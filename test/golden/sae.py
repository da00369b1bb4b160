"""The reference formula of a TopK sparse autoencoder, and its hooks on a U-net's attention stages.

Surkov et al. 2024 (arXiv 2410.22366), section 2. With h one cell of a stage's update (output - input), not normalised:

    pre = W_enc (h - b_pre) + b_act      s = ReLU(TopK_k(pre))      h_hat = W_dec s + b_pre
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass
class Sae:
    """One autoencoder in the layout of sdxl-unbox."""

    stage: str  # module path in the U-net, such as `up_blocks.0.attentions.1`
    k: int
    encoder: torch.Tensor  # [features, width]
    decoder: torch.Tensor  # [width, features]
    pre_bias: torch.Tensor  # [width]
    latent_bias: torch.Tensor  # [features]
    mean: torch.Tensor  # [features], mean of the activations above 0

    def pre_activations(self, hidden: torch.Tensor) -> torch.Tensor:
        """[..., width] -> [..., features]"""
        return (hidden - self.pre_bias) @ self.encoder.T + self.latent_bias

    def top(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The k + 1 largest pre-activations and their features, descending: [..., width] -> 2 x [..., k + 1]"""
        found = self.pre_activations(hidden).topk(self.k + 1, dim=-1)
        return found.values, found.indices

    def encode(self, hidden: torch.Tensor) -> torch.Tensor:
        """[..., width] -> codes [..., features]"""
        pre = self.pre_activations(hidden)
        kept = pre.topk(self.k, dim=-1)
        return torch.zeros_like(pre).scatter(-1, kept.indices, kept.values.relu())

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """[..., features] -> [..., width]"""
        return codes @ self.decoder.T + self.pre_bias


def load_saes(folder: Path) -> list[Sae]:
    """Every SAE in a folder of sdxl-unbox, `unet.<stage>_k<k>_...` with its files in `final`."""
    saes = []
    for path in sorted(folder.glob('unet.*/final')):
        stage = re.fullmatch(r'unet\.(.+)_k\d+_.*', path.parent.name).group(1)
        weights = torch.load(path / 'state_dict.pth', weights_only=True)['state_dict']
        saes.append(
            Sae(
                stage=stage,
                k=json.loads((path / 'config.json').read_text())['k'],
                encoder=weights['encoder.weight'],
                decoder=weights['decoder.weight'],
                pre_bias=weights['pre_bias'],
                latent_bias=weights['latent_bias'],
                mean=torch.load(path / 'mean.pt', weights_only=True),
            )
        )
    return saes


def load_shipped(folder: Path) -> list[Sae]:
    """Every SAE of a model as it ships, `<block>/sae.json` with its weights; in the order of their names."""
    from safetensors.torch import load_file

    saes = []
    for path in sorted(folder.glob('*/sae.json')):
        facts = json.loads(path.read_text())
        weights = load_file(path.parent / facts['weights']['name'])
        saes.append(
            Sae(
                stage=facts['blockPath'].removeprefix('unet.'),
                k=facts['k'],
                encoder=weights['encoder_t'].T.contiguous(),
                decoder=weights['decoder'].T.contiguous(),
                pre_bias=weights['pre_bias'],
                latent_bias=weights['latent_bias'],
                mean=weights['feature_mean'],
            )
        )
    return saes


def to_cells(maps: torch.Tensor) -> torch.Tensor:
    """[rows, width, high, wide] -> [rows, high * wide, width]"""
    return maps.flatten(2).transpose(1, 2)


def to_maps(cells: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """[rows, high * wide, width] -> the shape of `like`, [rows, width, high, wide]"""
    return cells.transpose(1, 2).reshape(like.shape)


@contextmanager
def hooked(unet: torch.nn.Module, hooks: dict[str, Callable]) -> Iterator[None]:
    """
    Calls hooks[path](input, output) -> new output, or None to leave it: of stages [rows, width, high, wide] each, of
    modules inside them, which give one tensor, as they are.
    """

    def make_hook(hook: Callable) -> Callable:
        def run(_module: object, arguments: tuple, named: dict, output: tuple | torch.Tensor) -> object:
            given = arguments[0] if arguments else named['hidden_states']
            if isinstance(output, torch.Tensor):
                return hook(given, output)
            changed = hook(given, output[0])
            return None if changed is None else (changed, *output[1:])

        return run

    handles = [
        unet.get_submodule(path).register_forward_hook(make_hook(hook), with_kwargs=True)
        for path, hook in hooks.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
