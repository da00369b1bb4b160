"""What a prompt's run looks like when it is given what another prompt's run has: RIEBench's procedure by torch hooks.

    python make_transfer.py MODEL SAES

SAES is `models/mini/saes`. Writes transfer.json (`cases` with the masks and what was chosen) and transfer.safetensors:
  picture.<case>   u8 [height, width, 3]

Masks are given, one value a cell (1 or 0); all stages have as many cells. With S the codes of a run's updates ΔD at the
same step, M its mask, W the decoder and m the strength (RIEBench's `mode`, there with `maintain_spatial_info` and
`subtract_target_add_source`; `prompt1` is the edited prompt, `prompt2` the original):

  features   D_out += m (Σ_added M S W of the edited run - Σ_removed M S W of the original's)          mode sae
  delta      D_out += m (M ΔD of the edited run - M ΔD of the original's)                              mode steering
  neurons    the output of every transformer_blocks.N.ff.net.0 += m (M v - M v), added and removed     mode neurons

Chosen are the highest and the lowest of `mean_M(s) / Σ|mean_M(s)|` in the edited run minus the same in the original's, at
the first step, over all stages together; scores of 0 or of the wrong sign never. Neurons are divided by their length over
the masked cells before that, and the sum has their absolute values (RIEBench sums them with their signs).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from common import file_hashes, meta, start, write_json, write_tensors
from pipeline_model import generator, load_pipeline
from sae import Sae, hooked, load_shipped, to_cells, to_maps

SEED = 42
SIDE = 8  # cells a side
NEURON_SHARE = 0.05
PAIRS = [
    ('a red apple on the left and a dog on the right, on grass', 'a blue apple on the left and a dog on the right, on grass'),
    ('a castle at night', 'two bananas on the beach, pixel art'),
]  # fmt: skip
Record = dict[str, list[torch.Tensor]]
"""By module path, one a step: [rows, cells, width]."""


def make_cases() -> list[dict]:
    left = (torch.arange(SIDE) < 5).long().repeat(SIDE)
    upper = (torch.arange(SIDE) > 1).long().repeat_interleave(SIDE)
    everywhere = torch.ones(SIDE * SIDE, dtype=torch.long)
    masks = [(left, upper), (everywhere, upper)]
    shapes = [
        ('features', 1.0, 1), ('features', 2.0, 4), ('delta', 1.0, 1), ('delta', 0.5, 4), ('neurons', 2.0, 1), ('neurons', 4.0, 4),
    ]  # fmt: skip
    return [
        {'name': f'{pair}-{kind}-{steps}', 'original': PAIRS[pair][0], 'edited': PAIRS[pair][1], 'kind': kind,
         'strength': strength, 'stepCount': steps, 'count': 20,
         'originalMask': masks[pair][0].tolist(), 'editedMask': masks[pair][1].tolist()}
        for pair in range(len(PAIRS))
        for kind, strength, steps in shapes
    ]  # fmt: skip


def neuron_paths(unet: torch.nn.Module, saes: list[Sae]) -> list[str]:
    return [
        f'{sae.stage}.transformer_blocks.{index}.ff.net.0'
        for sae in saes
        for index in range(len(unet.get_submodule(sae.stage).transformer_blocks))
    ]


def picture_of(pipe: object, prompt: str, steps: int) -> torch.Tensor:
    made = pipe(prompt=prompt, num_inference_steps=steps, guidance_scale=0.0, generator=generator(SEED), output_type='np')
    return torch.from_numpy(np.round(made.images[0] * 255).astype(np.uint8))


def observe(pipe: object, saes: list[Sae], prompt: str, steps: int) -> tuple[torch.Tensor, Record]:
    """An unedited picture with the updates of the stages and the neurons in them."""
    record: Record = {}

    def keep(path: str, cells: torch.Tensor) -> None:
        record.setdefault(path, []).append(cells.clone())

    updates = {
        sae.stage: lambda given, output, path=sae.stage: keep(path, to_cells(output - given)) for sae in saes
    }
    neurons = {path: lambda _given, output, path=path: keep(path, output) for path in neuron_paths(pipe.unet, saes)}
    with hooked(pipe.unet, {**updates, **neurons}):
        return picture_of(pipe, prompt, steps), record


def choose(edited: list[torch.Tensor], original: list[torch.Tensor], count: int) -> tuple[list[list[int]], list[list[int]]]:
    """By module, the columns to add and to remove. edited, original: a module each, [masked cells, columns]"""

    def shares(values: list[torch.Tensor]) -> torch.Tensor:
        means = torch.cat([each.mean(dim=0) for each in values])
        return means / means.abs().sum()

    scores = shares(edited) - shares(original)
    order = scores.argsort(descending=True, stable=True)
    added = [i for i in order[:count].tolist() if scores[i] > 0]
    removed = [i for i in order.flip(0)[:count].tolist() if scores[i] < 0]
    starts = np.cumsum([0, *[each.shape[1] for each in edited]]).tolist()
    split = lambda ids: [[i - a for i in ids if a <= i < b] for a, b in zip(starts[:-1], starts[1:], strict=True)]  # noqa: E731
    return split(added), split(removed)


def transfer(pipe: object, saes: list[Sae], case: dict, edited: Record, original: Record) -> tuple[torch.Tensor, dict]:
    """The picture of the original prompt with what the edited one's run has, and what was chosen."""
    into, out = torch.tensor(case['editedMask']).bool(), torch.tensor(case['originalMask']).bool()
    by_path = {sae.stage: sae for sae in saes}
    is_neurons = case['kind'] == 'neurons'
    paths = neuron_paths(pipe.unet, saes) if is_neurons else list(by_path)

    def seen(record: Record, path: str, step: int) -> torch.Tensor:
        """[cells, columns]: codes, updates or neurons."""
        values = record[path][step][-1]
        return by_path[path].encode(values) if case['kind'] == 'features' else values

    chosen = {}
    if case['kind'] != 'delta':
        inside = [
            [seen(record, path, 0)[mask] for path in paths] for record, mask in ((edited, into), (original, out))
        ]
        if is_neurons:
            inside = [[each / each.norm(dim=0).clamp_min(1e-20) for each in run] for run in inside]
        total = sum(each.shape[1] for each in inside[0])
        count = max(1, round(NEURON_SHARE * total)) if is_neurons else case['count']
        added, removed = choose(*inside, count)
        chosen = {path: {'added': sorted(a), 'removed': sorted(r)} for path, a, r in zip(paths, added, removed, strict=True)}

    def change(path: str, step: int) -> torch.Tensor:
        """[cells, width], added to the module's output"""
        new, old = seen(edited, path, step), seen(original, path, step)
        new, old = new * into[:, None], old * out[:, None]
        if chosen:
            keep = [torch.zeros(new.shape[1]) for _ in range(2)]
            keep[0][chosen[path]['added']] = 1
            keep[1][chosen[path]['removed']] = 1
            new, old = new * keep[0], old * keep[1]
        if case['kind'] == 'features':
            decoder = by_path[path].decoder.T
            new, old = new @ decoder, old @ decoder
        return case['strength'] * (new - old)

    steps = dict.fromkeys(paths, -1)

    def changed(path: str, output: torch.Tensor) -> torch.Tensor:
        steps[path] += 1
        added = change(path, steps[path])[None]
        return output + (added if is_neurons else to_maps(added, output))

    hooks = {path: lambda _given, output, path=path: changed(path, output) for path in paths}
    with hooked(pipe.unet, hooks):
        return picture_of(pipe, case['original'], case['stepCount']), chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model', type=Path)
    parser.add_argument('saes', type=Path)
    options = parser.parse_args()
    start()
    pipe = load_pipeline(options.model)
    saes = load_shipped(options.saes)
    cases, tensors = [], {}
    with torch.inference_mode():
        for case in make_cases():
            original, old = observe(pipe, saes, case['original'], case['stepCount'])
            edited, new = observe(pipe, saes, case['edited'], case['stepCount'])
            picture, chosen = transfer(pipe, saes, case, new, old)
            name = case['name']
            tensors[f'picture.{name}'] = picture
            change = [(picture.float() - each.float()).abs().mean().item() for each in (original, edited)]
            print(name, 'of 255 to original and edited:', [round(each, 2) for each in change])
            cases.append({**case, 'chosen': chosen})
    record = meta('make_transfer.py MODEL SAES', ['torch', 'diffusers', 'transformers'], seed=SEED)
    record['saeFiles'] = file_hashes(options.saes)
    write_json('transfer.json', {'meta': record, 'cases': cases})
    write_tensors('transfer.safetensors', tensors, record)


if __name__ == '__main__':
    main()
