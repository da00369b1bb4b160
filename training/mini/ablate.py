"""How much each attention stage matters: its output replaced by its input.

    python ablate.py

Prints the mean absolute change of the one-step pictures in levels of 0..255, per stage.
"""

import argparse
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from torch import nn

from export_diffusers import load_average, newest_checkpoint
from model import STUDIED, TextToLatents
from snapshot import PROMPTS, draw


def stages(unet: nn.Module) -> dict[str, Transformer2DModel]:
    """All attention stages by path, in the order of the forward pass."""
    order = {'down_blocks': 0, 'mid_block': 1, 'up_blocks': 2}
    found = {name: m for name, m in unet.named_modules() if isinstance(m, Transformer2DModel)}
    return dict(sorted(found.items(), key=lambda item: order[item[0].split('.')[0]]))


@contextmanager
def ablated(stage: Transformer2DModel):
    """Within the block, the stage adds nothing to its input."""
    handle = stage.register_forward_hook(
        lambda _module, inputs, output: (
            (inputs[0],) if isinstance(output, tuple) else type(output)(sample=inputs[0])
        )
    )
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def update_shares(model: TextToLatents, run) -> dict[str, float]:
    """‖ΔD‖ / ‖in‖ of every stage (update over input) while `run` runs."""
    shares, handles = {}, []
    for name, stage in stages(model.unet).items():

        def note(_module, inputs, output, name=name):
            change = output[0] - inputs[0]
            shares[name] = float(change.norm() / inputs[0].norm())

        handles.append(stage.register_forward_hook(note))
    run()
    for handle in handles:
        handle.remove()
    return shares


def ablation(model: TextToLatents) -> dict[str, dict[str, float]]:
    """Per stage: `change` of 255, its standard error over prompts, and `update` share."""
    seeds = list(range(42, 42 + len(PROMPTS)))

    def pictures() -> np.ndarray:
        return draw(model, PROMPTS, 1, seeds).astype(np.float32)

    whole = pictures()
    shares = update_shares(model, pictures)
    result = {}
    for name, stage in stages(model.unet).items():
        with ablated(stage):
            per_prompt = np.abs(pictures() - whole).mean((1, 2, 3))
        result[name] = {
            'change': float(per_prompt.mean()),
            'error': float(per_prompt.std(ddof=1) / len(per_prompt) ** 0.5),
            'update': shares[name],
        }
    return result


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--from', dest='source', type=Path)
    model, step = load_average(arguments.parse_args().source or newest_checkpoint())
    print(f'step {step}, {len(PROMPTS)} prompts')
    for name, row in ablation(model).items():
        mark = '*' if name in STUDIED else ' '
        print(
            f'{mark} {name:30s} {row["change"]:6.1f} ± {row["error"]:.1f} of 255, '
            f'update {row["update"]:.2f} of input'
        )


if __name__ == '__main__':
    main()
