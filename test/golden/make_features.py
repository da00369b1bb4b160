"""What torch hooks on diffusers and the reference formula find at the attention stages that have an SAE.

    python make_features.py DIFFUSERS_DIR SAES_DIR

Writes features.json (the cases) and features.safetensors. Per case and stage, with rows = 2 under guidance
(unconditional first) and cells in reading order:
  ids.<stage>.<case>     i32 [steps, rows, cells, k]       the k features of largest pre-activation, descending
  pre.<stage>.<case>     f32 [steps, rows, cells, k + 1]   their pre-activations and the next one; the feature's value
                                                           is max(pre, 0), the gap is the difference of the last two
  norm.<stage>.<case>    f32 [steps, rows, cells]          length of the update ΔD (output - input) at each cell
  probes.<stage>.<case>  f32 [steps, rows, 24]             ΔD at fixed places of its flat [width, high, wide]
  delta.<stage>.<case>   f32 [steps, rows, width, high, wide]   the whole ΔD, for two prompts at one step
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from common import file_hashes, meta, start, write_json, write_tensors
from pipeline_model import generator, load_pipeline
from sae import Sae, hooked, load_saes, to_cells

PROMPTS = [
    'a red apple on the left and a dog on the right, on grass',
    'A big penguin in the snow!',
    'two bananas on the beach',
    'a small rocket in space, pixel art',
    'a castle at night',
    'a pizza above a key on a striped yellow background',
    'pencil sketch of a bee on a white background',
    '',
]
PROBE_COUNT = 24
WHOLE_COUNT = 2  # prompts whose ΔD is kept whole


def make_cases() -> list[dict]:
    """Eight prompts, one and four steps, guidance 0 and 5; the model's own scheduler."""
    return [
        {'name': f'{index}-{steps}-g{guidance}', 'prompt': prompt, 'negativePrompt': None, 'seed': 100 + index,
         'stepCount': steps, 'guidanceScale': guidance, 'isWhole': index < WHOLE_COUNT and steps == 1}
        for index, prompt in enumerate(PROMPTS)
        for steps in (1, 4)
        for guidance in (0, 5)
    ]  # fmt: skip


def capture(pipe: object, saes: list[Sae], case: dict) -> dict[str, torch.Tensor]:
    """ΔD by stage, [steps, rows, width, high, wide]."""
    updates = {sae.stage: [] for sae in saes}
    hooks = {
        stage: lambda given, output, kept=kept: kept.append((output - given).clone()) for stage, kept in updates.items()
    }
    with hooked(pipe.unet, hooks):
        pipe(
            prompt=case['prompt'],
            num_inference_steps=case['stepCount'],
            guidance_scale=float(case['guidanceScale']),
            generator=generator(case['seed']),
            output_type='latent',
        )
    return {stage: torch.stack(kept) for stage, kept in updates.items()}


def probe_places(count: int) -> torch.Tensor:
    """Evenly spread places in a flat tensor of `count` values, both ends included."""
    return torch.linspace(0, count - 1, PROBE_COUNT).round().long()


def measure(sae: Sae, delta: torch.Tensor, case: dict) -> dict[str, torch.Tensor]:
    """The tensors of one stage and case. delta [steps, rows, width, high, wide]"""
    cells = torch.stack([to_cells(step) for step in delta])  # [steps, rows, cells, width]
    pre, ids = sae.top(cells)
    flat = delta.flatten(2)
    tensors = {
        'ids': ids[..., : sae.k].to(torch.int32),
        'pre': pre,
        'norm': cells.norm(dim=-1),
        'probes': flat[..., probe_places(flat.shape[-1])],
        **({'delta': delta} if case['isWhole'] else {}),
    }
    return {f'{key}.{sae.stage}.{case["name"]}': tensor for key, tensor in tensors.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('model', type=Path, help='folder of a StableDiffusionXLPipeline')
    parser.add_argument('saes', type=Path, help='folder of SAEs in the layout of sdxl-unbox')
    arguments = parser.parse_args()
    start()
    pipe, saes = load_pipeline(arguments.model), load_saes(arguments.saes)
    cases, tensors, negative_share = make_cases(), {}, []
    with torch.inference_mode():
        for case in cases:
            for sae, delta in zip(saes, capture(pipe, saes, case).values(), strict=True):
                found = measure(sae, delta, case)
                tensors |= found
                negative_share.append((found[f'pre.{sae.stage}.{case["name"]}'][..., : sae.k] <= 0).float().mean())
    record = meta(
        'make_features.py DIFFUSERS_DIR SAES_DIR',
        ['torch', 'diffusers', 'transformers'],
        modelFiles=file_hashes(arguments.model),
        saeFiles=file_hashes(arguments.saes, '*/final/*'),
        stages=[{'path': sae.stage, 'k': sae.k, 'features': sae.encoder.shape[0]} for sae in saes],
    )
    write_tensors('features.safetensors', tensors, record)
    write_json('features.json', {'meta': record, 'cases': cases})
    print(f'share of kept pre-activations at or below 0: {float(torch.stack(negative_share).mean()):.4f}')


if __name__ == '__main__':
    main()
