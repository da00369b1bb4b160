"""What a small U-net with random weights does without one of its resnets or attention stages.

    python make_ablations.py

Writes ablations.json (`stages`: module paths in the order in which they run; the request; the folder of optimum/ that has
the same weights) and ablations.safetensors:
  plain            f32 [4, 16, 16]          latents after the last step
  ablated          f32 [stages, 4, 16, 16]  the same when the stage gives on what it adds to: its input, or its
                                            shortcut's output where a resnet changes the width
The pipeline is make_optimum.py's (`kl`, float32), its packages, too.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import torch
from common import meta, start, write_json, write_tensors
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from make_optimum import SEED, load, run, save_pipeline

REQUEST = {'prompt': 'a red cat', 'steps': 2, 'seed': 3, 'guidanceScale': 0.0}


def without_update(module: torch.nn.Module, inputs: tuple, output: object) -> object:
    """A forward hook: what the module adds its update to."""
    given = inputs[0]
    if isinstance(module, ResnetBlock2D):
        return given if module.conv_shortcut is None else module.conv_shortcut(given)
    return (given,) if isinstance(output, tuple) else type(output)(sample=given)


def main() -> None:
    start()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / 'kl'
        save_pipeline(folder, 'kl')
        pipe = load(folder, torch.float32)
        ran: list[str] = []
        stages = {
            path: module
            for path, module in pipe.unet.named_modules()
            if isinstance(module, ResnetBlock2D | Transformer2DModel)
        }
        hooks = [
            module.register_forward_hook(lambda *_, path=path: ran.append(path)) for path, module in stages.items()
        ]
        with torch.inference_mode():
            _, plain = run(pipe, REQUEST)
            for hook in hooks:
                hook.remove()
            order = list(dict.fromkeys(ran))
            ablated = []
            for path in order:
                hook = stages[path].register_forward_hook(without_update)
                ablated.append(run(pipe, REQUEST)[1])
                hook.remove()
    record = meta('make_ablations.py', ['torch', 'diffusers', 'transformers'], seed=SEED)
    write_json('ablations.json', {'meta': record, 'folder': 'kl-fp32', 'request': REQUEST, 'stages': order})
    write_tensors('ablations.safetensors', {'plain': plain, 'ablated': torch.stack(ablated)}, record)
    changes = [(each - plain).abs().max().item() for each in ablated]
    print(json.dumps(dict(zip(order, changes, strict=True)), indent=1))


if __name__ == '__main__':
    main()
