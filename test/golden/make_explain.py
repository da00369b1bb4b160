"""What diffusers and torch hooks find in a picture that is encoded, noised and read at one timestep.

    python make_explain.py MODEL SAES

Writes explain.json: `noised`, random latents noised by each scheduler class as its U-net sees them (`add_noise`, then
`scale_model_input`); `cases`, what explain.safetensors holds. There, per case and stage, one row:
  latents             f32 [4, high, wide]    the VAE's latents of the picture, scaled; one for all cases
  ids.<stage>.<case>  i32 [cells, k]         the k features of largest pre-activation, descending
  pre.<stage>.<case>  f32 [cells, k + 1]     their pre-activations and the next one
  norm.<stage>.<case> f32 [cells]            length of the update ΔD at each cell
  fit.<stage>.<case>  f32 [2]                explained variance and R² over the cells
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from common import file_hashes, meta, short, start, write_json, write_tensors
from make_pictures import drawn
from pipeline_model import SCHEDULERS, generator, load_pipeline, make_schedulers
from sae import hooked, load_saes, to_cells

STEP_COUNT = 4
CASES = [
    {'name': 'empty-749', 'prompt': '', 'timestep': 749, 'seed': 3},
    {'name': 'empty-249', 'prompt': '', 'timestep': 249, 'seed': 4},
    {'name': 'typed-499', 'prompt': 'a cat on grass', 'timestep': 499, 'seed': 5},
]


def noised(pipe: object, timestep: int, latents: torch.Tensor, noise: torch.Tensor, name: str) -> torch.Tensor:
    """The U-net's input at a timestep of a four-step schedule."""
    scheduler = make_schedulers(pipe)[name]
    scheduler.set_timesteps(STEP_COUNT)
    at = torch.tensor([timestep])
    if not any(abs(float(each) - timestep) < 1e-3 for each in scheduler.timesteps):
        raise ValueError(f'{timestep} is no step of {name}: {scheduler.timesteps}')
    mixed = scheduler.add_noise(latents, noise, at)
    return scheduler.scale_model_input(mixed, at[0])


def explained(x: torch.Tensor, rebuilt: torch.Tensor) -> torch.Tensor:
    """[cells, width] x 2 -> [explained variance, R²], in doubles."""
    x, rebuilt = x.double(), rebuilt.double()
    ratio = (x - rebuilt).var(0, correction=0) / (x.var(0, correction=0) + 1e-8)
    total = (x - x.mean(0)).square().sum()
    return torch.stack([(1 - ratio).mean(), 1 - (x - rebuilt).square().sum() / total]).float()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('model', type=Path, help='folder of a StableDiffusionXLPipeline')
    parser.add_argument('saes', type=Path, help='folder of SAEs in the layout of sdxl-unbox')
    arguments = parser.parse_args()
    start()
    pipe, saes = load_pipeline(arguments.model), load_saes(arguments.saes)
    pixels = torch.from_numpy(drawn(128, 128)).float().permute(2, 0, 1)[None] / 127.5 - 1
    tensors, mixes = {}, []
    with torch.inference_mode():
        latents = pipe.vae.config.scaling_factor * pipe.vae.encode(pixels).latents
        tensors['latents'] = latents[0]
        for name in SCHEDULERS:
            for timestep in (749, 499, 249):
                given, noise = torch.randn(32, generator=generator(1)), torch.randn(32, generator=generator(2))
                out = noised(pipe, timestep, given, noise, name)
                mixes.append({'scheduler': name, 'timestep': timestep, 'out': short(out)})
        for case in CASES:
            noise = torch.randn(latents.shape, generator=generator(case['seed']))
            sample = noised(pipe, case['timestep'], latents, noise, 'EulerAncestralDiscreteScheduler')
            embeds, _, pooled, _ = pipe.encode_prompt(case['prompt'], do_classifier_free_guidance=False)
            ids = torch.tensor([[128.0, 128.0, 0.0, 0.0, 128.0, 128.0]])
            kept = {}
            hooks = {sae.stage: lambda x, y, at=sae.stage: kept.update({at: (y - x).clone()}) for sae in saes}
            with hooked(pipe.unet, hooks):
                pipe.unet(
                    sample,
                    torch.tensor(case['timestep']),
                    encoder_hidden_states=embeds,
                    added_cond_kwargs={'text_embeds': pooled, 'time_ids': ids},
                )
            for sae in saes:
                cells = to_cells(kept[sae.stage])[0]
                pre, found = sae.top(cells)
                tensors |= {
                    f'ids.{sae.stage}.{case["name"]}': found[..., : sae.k].to(torch.int32),
                    f'pre.{sae.stage}.{case["name"]}': pre,
                    f'norm.{sae.stage}.{case["name"]}': cells.norm(dim=-1),
                    f'fit.{sae.stage}.{case["name"]}': explained(cells, sae.decode(sae.encode(cells))),
                }
    record = meta(
        'make_explain.py MODEL SAES',
        ['torch', 'diffusers', 'transformers'],
        modelFiles=file_hashes(arguments.model),
        saeFiles=file_hashes(arguments.saes, '*/final/*'),
        stages=[{'path': sae.stage, 'k': sae.k} for sae in saes],
    )
    write_tensors('explain.safetensors', tensors, record)
    write_json('explain.json', {'meta': record, 'cases': CASES, 'noised': mixes})


if __name__ == '__main__':
    main()
