"""Training batches: rows at pure noise, rows on the way of the model's own samples, and rows at any
timestep.

The first rows (t = 999) are what one-step sampling feeds: noise alone, coupled to the scene. The
later steps of two- and four-step runs continue from the model's *own* earlier predictions, so that
training meets exactly what sampling meets; a few rows from true latents with noise keep every
timestep usable (image to image, other step counts).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from checkpoint import Run
from couple import couple
from schedule import FIRST, ancestral_step, clean_from_velocity, next_timesteps, sigma_at

EMPTY_CAPTIONS, POOLED_KEPT = 0.05, 0.5


@dataclass(frozen=True)
class Mix:
    """Rows of each kind in a batch."""

    first: int
    carried: int
    anywhere: int

    @property
    def total(self) -> int:
        return self.first + self.carried + self.anywhere


ONE_STEP_SAMPLES = 230_000
"""Until so many rows were seen, later steps wait: they start from the first, the hardest."""

LESSON_SAMPLES = (0, 100_000, 800_000)
"""Rows seen when each lesson of latents.py begins."""


def lesson_of(samples: int) -> int:
    return max(k for k, start in enumerate(LESSON_SAMPLES) if samples >= start)


def mix_of(batch: int, seen: int) -> Mix:
    """Seven eighths at pure noise and an eighth anywhere; later half at pure noise, three eighths
    carried on, an eighth anywhere."""
    anywhere = batch // 8
    carried = 0 if seen < ONE_STEP_SAMPLES else batch * 3 // 8
    return Mix(batch - carried - anywhere, carried, anywhere)


@dataclass
class Batch:
    """Rows at pure noise come first, rows carried on come last."""

    x: Tensor
    """[batch, 4, 32, 32] in sigma units."""
    timesteps: Tensor
    """[batch]"""
    scenes: Tensor
    """[batch], indices into the data."""
    ids: Tensor
    """[batch, 32]"""
    keep_pooled: Tensor
    """[batch, 1], 0 or 1."""


def _chance(run: Run, count: int, probability: float) -> Tensor:
    return torch.rand(count, generator=run.rng, device=run.rng.device) < probability


def _below(run: Run, limit: int, count: int) -> Tensor:
    return torch.randint(limit, (count,), generator=run.rng, device=run.rng.device)


def _noise(run: Run, count: int) -> Tensor:
    return torch.randn(count, 4, 32, 32, generator=run.rng, device=run.rng.device)


def next_batch(run: Run, data: dict[str, Tensor], mix: Mix) -> Batch:
    """The batch of this step. Until rows are under way, more of them are at any timestep."""
    carried = run.carried
    loose = mix.anywhere + (0 if carried else mix.carried)
    fresh = mix.first + loose
    scenes = torch.multinomial(data['chance'], fresh, replacement=True, generator=run.rng)
    ids = data['ids'][scenes, _below(run, data['ids'].shape[1], fresh)].long()
    ids[_chance(run, fresh, EMPTY_CAPTIONS)] = data['empty'].long()
    noise = _noise(run, fresh)
    noise[: mix.first] = couple(noise[: mix.first], data['u'][scenes[: mix.first]])
    clean = data['z'][scenes].float()
    clean[: mix.first] = 0
    timesteps = _below(run, FIRST - 1, fresh) + 1
    timesteps[: mix.first] = FIRST
    x = clean + sigma_at(timesteps) * noise
    if carried:
        x, timesteps = torch.cat([x, carried['x']]), torch.cat([timesteps, carried['timesteps']])
        scenes, ids = torch.cat([scenes, carried['scenes']]), torch.cat([ids, carried['ids']])
    return Batch(x, timesteps, scenes, ids, _chance(run, mix.total, POOLED_KEPT)[:, None].float())


def carry_on(run: Run, batch: Batch, velocity: Tensor, mix: Mix) -> None:
    """Moves some rows of a batch to the next step of their sampling run, for the next batch.

    Runs under way go on to their end; free places are taken by rows at pure noise.
    """
    if not mix.carried:
        return
    following = next_timesteps(batch.timesteps, _chance(run, mix.total, 0.5))
    rank = torch.full_like(following, 2)
    rank[: mix.first] = 1
    if run.carried:
        rank[-mix.carried :] = torch.where(following[-mix.carried :] > 0, 0, 2)
    rows = rank.argsort(stable=True)[: mix.carried]
    x, sigma, timesteps = batch.x[rows], sigma_at(batch.timesteps[rows]), following[rows]
    clean = clean_from_velocity(velocity[rows], x, sigma)
    run.carried = {
        'x': ancestral_step(x, clean, sigma, sigma_at(timesteps), _noise(run, mix.carried)),
        'timesteps': timesteps,
        'scenes': batch.scenes[rows],
        'ids': batch.ids[rows],
    }
