"""Trains U-net and text encoders together.

    python train.py                    goes on from the newest checkpoint, until stopped
    python train.py --steps 20000      ... until that step
    python train.py --cooldown 2000    a copy: learning rate down to zero in 2000 steps
    python train.py --batch 512        more rows a step (GPU)
    python train.py --workers 2        so many processes, each with such a batch (CPU)

The learning rate is constant after a warm-up, so a run can stop and go on at any time; the
cool-down starts from the newest checkpoint and leaves it alone.
"""

import argparse
import time
from pathlib import Path

import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor

from batches import Batch, carry_on, lesson_of, mix_of, next_batch
from checkpoint import Run
from couple import couple
from latents import load_shards, training_shards, validation_shard
from model import Size, TextToLatents
from optimizer import MuonWithAdamW
from schedule import FIRST, clean_from_velocity, model_input, sigma_at
from snapshot import save_snapshot
from together import average_gradients, how_many, start, wait
from tokenizer import load_tokenizer
from work import device, mixed_precision, work_folder

LEARNING_RATE, WARMUP, CLIP = 1e-3, 200, 1.0
SAVE_SECONDS, LOG_STEPS, CHECK_STEPS = 480, 50, 500
LEAST_WEIGHT = 0.25


def step_errors(velocity: Tensor, batch: Batch, data: dict[str, Tensor]) -> Tensor:
    """Weighted squared error of the predicted clean latents per row, [batch].

    Below sigma 0.58 velocities count more than clean latents would, so that late steps still learn.
    """
    sigma = sigma_at(batch.timesteps)
    clean = clean_from_velocity(velocity, batch.x, sigma)
    share = sigma**2 / (sigma**2 + 1)
    weights = data['weights'][batch.scenes].float()[:, None] * share.clamp(min=LEAST_WEIGHT) / share
    return ((clean - data['z'][batch.scenes].float()).square() * weights).mean((1, 2, 3))


def predict(model: torch.nn.Module, batch: Batch) -> Tensor:
    """The velocity for a batch, f32 [batch, 4, 32, 32]."""
    x = model_input(batch.x, sigma_at(batch.timesteps))
    x = x.contiguous(memory_format=torch.channels_last)
    with mixed_precision():
        return model(x, batch.timesteps, batch.ids, batch.keep_pooled).float()


@torch.no_grad()
def check(model: TextToLatents, data: dict[str, Tensor]) -> float:
    """One-step error of the average model on scenes that training does not see."""
    rng = torch.Generator().manual_seed(7)
    errors = []
    for scenes in torch.arange(len(data['z']), device=device()).split(64):
        noise = torch.randn(len(scenes), 4, 32, 32, generator=rng).to(device())
        timesteps = torch.full_like(scenes, FIRST)
        batch = Batch(
            sigma_at(timesteps) * couple(noise, data['u'][scenes]),
            timesteps,
            scenes,
            data['ids'][scenes, 0].long(),
            torch.ones(len(scenes), 1, device=device()),
        )
        errors.append(step_errors(predict(model, batch), batch, data))
    return float(torch.cat(errors).mean())


def report(run: Run, errors: list[Tensor], seconds: float, rate: float) -> None:
    """Prints the mean errors of the last steps: rows at pure noise, all others."""
    one_step, later = torch.stack(errors).mean(0).tolist()
    print(
        f'{run.step} {seconds:.0f}s one step {one_step:.4f} later {later:.4f} {rate:.1f} samples/s',
        flush=True,
    )


def train(run: Run, rows: int, path: Path, last_step: int, cooldown: int, rank: int) -> None:
    """Steps until `last_step`; with `cooldown`, the learning rate falls to zero on the way. Only
    the first process reports and saves."""
    compiled = torch.compile(run.model)
    lesson = None
    parameters = [p for p in run.model.parameters() if p.requires_grad]
    all_rows = rows * how_many()
    begun, saved, first_step, errors = time.time(), time.time(), run.step, []
    while run.step < last_step:
        left = (last_step - run.step) / cooldown if cooldown else 1
        for group in run.optimizer.param_groups:
            group['lr'] = LEARNING_RATE * min(1, (run.step + 1) / WARMUP) * min(1, left)
        if lesson != lesson_of(run.rows):
            lesson = lesson_of(run.rows)
            data = load_shards(training_shards(lesson))
            checks = load_shards([validation_shard(lesson)])
            print(f'lesson {lesson}: {len(data["z"])} scenes', flush=True)
        mix = mix_of(rows, run.rows)
        batch = next_batch(run, data, mix)
        if run.step == first_step and rank > 0:
            wait()  # for what the first process compiles
        velocity = predict(compiled, batch)
        row_errors = step_errors(velocity, batch, data)
        run.optimizer.zero_grad(set_to_none=True)
        row_errors.mean().backward()
        if run.step == first_step and rank == 0:
            wait()
        average_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        run.optimizer.step()
        run.model.keep()
        carry_on(run, batch, velocity.detach(), mix)
        run.count_step(all_rows)
        if rank > 0:
            continue
        kinds = row_errors.detach().tensor_split((mix.first,))
        errors.append(torch.stack([kind.mean() for kind in kinds]))
        if run.step % LOG_STEPS == 0:
            seconds = time.time() - begun
            report(run, errors, seconds, all_rows * (run.step - first_step) / seconds)
            errors = []
        if run.step % CHECK_STEPS == 0:
            print(f'{run.step} validation {check(run.average, checks):.4f}', flush=True)
            save_snapshot(run.average, work_folder() / 'snapshots' / f'{run.step}.png')
        if time.time() - saved > SAVE_SECONDS or run.step == last_step:
            run.save(path)
            saved = time.time()


def work(rank: int, options: argparse.Namespace) -> None:
    """What one process does."""
    torch.manual_seed(0)
    torch.set_float32_matmul_precision('high')
    model = TextToLatents(Size(), load_tokenizer()).to(device(), memory_format=torch.channels_last)
    if device().type == 'cpu':
        # Backwards, fused attention takes four times as long in bfloat16 as in float32 there.
        model.unet.set_attn_processor(AttnProcessor())
    run = Run(model, MuonWithAdamW(model, LEARNING_RATE), seed=1)
    path = work_folder() / 'checkpoint.pt'
    if path.exists():
        run.load(path)
        print(f'on from step {run.step}')
    if rank > 0:
        run.branch(rank)
    print(f'{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters', flush=True)
    last_step = run.step + options.cooldown if options.cooldown else options.steps
    target = work_folder() / 'cooled.pt' if options.cooldown else path
    train(run, options.batch, target, last_step, options.cooldown, rank)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument('--steps', type=int, default=10**7)
    arguments.add_argument('--cooldown', type=int, default=0)
    arguments.add_argument('--batch', type=int, default=32)
    arguments.add_argument('--workers', type=int, default=1)
    options = arguments.parse_args()
    start(work, options.workers, options)


if __name__ == '__main__':
    main()
