"""The other side of `npm run bench:scale`: the same weights in torch, on what our U-net was given.

    python benchScale.py MODEL_DIR CAPTURE.safetensors stage|unet

MODEL_DIR was made by makeSdxl.py: its weights follow from their names. CAPTURE holds a run of ours.
  stage  hidden [1, d, high, wide], context [1, positions, width], update [d, high, wide], ids, values [cells, k]: the
         block's Transformer2DModel in float32 on the same hidden states; updates and codes compared
  unet   sample, timestep, encoder_hidden_states, text_embeds, time_ids, prediction: the whole U-net in float32 (10.3 GB);
         prediction compared, and the time of a step
Prints one JSON object a line.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from makeSdxl import GAINS
from safetensors import safe_open
from seededWeights import put_weights

GIVEN = {'hidden', 'context', 'sample', 'timestep', 'encoder_hidden_states', 'text_embeds', 'time_ids'}
"""What a float16 graph is given in float16."""
HALF_ULP = 2**-11
"""Of float16, relative."""
FLOAT32_ERROR = 2e-5
"""Sums of up to 5,120 products, ten layers deep, in another order."""


def make_unet(folder: Path) -> UNet2DConditionModel:
    with torch.device('meta'):
        return UNet2DConditionModel.from_config(json.loads((folder / 'unet' / 'config.json').read_text())).eval()


def relative(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def check_codes(ours: dict[str, torch.Tensor], sae: Path, update: torch.Tensor) -> dict:
    """Codes of the formula on torch's update: ours must be among the k largest, but for ties within the error."""
    manifest = json.loads((sae / 'sae.json').read_text())
    with safe_open(sae / manifest['weights']['name'], 'pt') as file:
        encoder, pre, latent = (file.get_tensor(name).float() for name in ('encoder_t', 'pre_bias', 'latent_bias'))
    cells = update.flatten(1).t()
    raw = (cells - pre) @ encoder + latent
    best = raw.topk(manifest['k'], dim=-1)
    chosen = raw.gather(1, ours['ids'].long())
    largest = best.values.max()
    same = (ours['ids'].sort(-1).values == best.indices.sort(-1).values).all(-1).float().mean()
    return {
        'codeError': ((chosen.relu() - ours['values']).abs().max() / largest).item(),
        'missedBy': ((best.values[:, -1:] - chosen).clamp(min=0).max() / largest).item(),
        'equalCells': same.item(),
    }


def compare_stage(folder: Path, run: dict[str, torch.Tensor], facts: dict) -> None:
    path, is_half = facts['path'], facts['isHalf']
    stage = make_unet(folder).get_submodule(path)
    put_weights(stage, {}, torch.float32, f'{path}.')
    with torch.inference_mode():
        output = stage(run['hidden'], encoder_hidden_states=run['context'], return_dict=False)[0]
    update = (output - run['hidden'])[0]
    # A float16 graph rounds the stage's output, and on the way what it turns and reshapes: about as much again.
    rounding = 2 * HALF_ULP * (output.abs().max() / update.abs().max()).item() if is_half else 0
    error, limit = relative(run['update'], update), rounding + FLOAT32_ERROR
    codes = check_codes(run, Path(facts['sae']), update)
    is_right = error <= limit and codes['missedBy'] <= 2 * limit
    count = sum(parameter.numel() for parameter in stage.parameters())
    found = {'block': facts['block'], 'parameters': count, 'updateError': error, 'limit': limit, 'isRight': is_right}
    print(json.dumps({**found, **codes}), flush=True)


def compare_unet(folder: Path, run: dict[str, torch.Tensor]) -> None:
    unet = make_unet(folder)
    put_weights(unet, GAINS, torch.float32)
    added = {'text_embeds': run['text_embeds'], 'time_ids': run['time_ids']}
    rows = run['encoder_hidden_states'].shape[0]
    seconds, processor = [], []
    with torch.inference_mode():
        for _ in range(2):
            start, start_processor = time.perf_counter(), time.process_time()
            predicted = unet(
                run['sample'].expand(rows, -1, -1, -1), run['timestep'], run['encoder_hidden_states'],
                added_cond_kwargs=added, return_dict=False,
            )[0]  # fmt: skip
            seconds.append(time.perf_counter() - start)
            processor.append(time.process_time() - start_processor)
    error = relative(run['prediction'].reshape(predicted.shape), predicted)
    facts = {'seconds': min(seconds), 'processorSeconds': min(processor), 'predictionError': error}
    print(json.dumps({**facts, 'deviation': predicted.std().item(), 'torch': torch.__version__.split('+')[0]}))


def main() -> None:
    folder, capture, what = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    with safe_open(capture, 'pt') as file:
        run = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(file.metadata()['facts'])
    if facts['isHalf']:
        for name in GIVEN & run.keys():
            run[name] = run[name].half().float()
    if what == 'stage':
        compare_stage(folder, run, facts)
    else:
        compare_unet(folder, run)


if __name__ == '__main__':
    main()
