"""The evaluation's questions (prompts with known answers) and the model's answers."""

from dataclasses import dataclass

import numpy as np
import torch

from captions import caption
from couple import read
from factors import Factors, sample_factors
from latents import newest_lesson, taught
from model import LATENT, TextToLatents
from scenes import NUISANCES, Scene
from snapshot import draw

FIRST_SEED = 10_000


@dataclass
class Questions:
    """Prompts with the factors they state and the numbers that their seeds' noise carries."""

    factors: list[Factors]
    prompts: list[str]
    seeds: list[int]
    u: np.ndarray

    def scenes(self) -> list[Scene]:
        """What prompt and noise together define."""
        lesson = newest_lesson()
        return [taught(f, u, lesson) for f, u in zip(self.factors, self.u)]


def is_kind(factors: Factors, kind: str) -> bool:
    """`kind`: single (one noun, any number), pair, or one single thing that states this size (or
    "usual": none), style or detail and, of these three, nothing else."""
    if kind in ('single', 'pair'):
        return (factors.relation is not None) == (kind == 'pair')
    stated = [value for value in (factors.size, factors.style, factors.detail) if value]
    is_alone = factors.relation is None and factors.count == 1
    return is_alone and stated == ([] if kind == 'usual' else [kind])


def ask(split: str, kind: str, count: int) -> Questions:
    """Questions of one kind (`is_kind`)."""
    rng = np.random.default_rng([count, len(kind), len(split)])
    factors: list[Factors] = []
    while len(factors) < count:
        f = sample_factors(rng, split)
        if is_kind(f, kind):
            factors.append(f)
    seeds = list(range(FIRST_SEED, FIRST_SEED + count))
    noise = torch.cat(
        [
            torch.randn(1, 4, LATENT, LATENT, generator=torch.Generator().manual_seed(s))
            for s in seeds
        ]
    )
    return Questions(
        factors, [caption(f, rng) for f in factors], seeds, read(noise, len(NUISANCES)).numpy()
    )


def answers(model: TextToLatents, asked: Questions, steps: int, seed_shift: int = 0) -> np.ndarray:
    """Generated pictures, in parts that fit in memory."""
    parts = [slice(i, i + 48) for i in range(0, len(asked.prompts), 48)]
    return np.concatenate(
        [
            draw(model, asked.prompts[p], steps, [s + seed_shift for s in asked.seeds[p]])
            for p in parts
        ]
    )
