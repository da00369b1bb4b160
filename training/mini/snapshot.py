"""Sampling from the modules in training, and the contact sheet that shows progress."""

from pathlib import Path

import numpy as np
import torch
from diffusers import EulerAncestralDiscreteScheduler

from model import LATENT, TextToLatents
from schedule import SCHEDULER
from sheet import save_sheet
from tokenizer import token_ids
from vae import load_vae, to_pictures
from work import device

PROMPTS = [
    'a cat on grass',
    'a red apple on the left and a dog on the right, on grass',
    'a big penguin in the snow',
    'two bananas on the beach',
    'a rocket in space',
    'a blue horse at sunset',
    'a pizza above a key on a striped yellow background',
    'a panda in the forest, pixel art',
    'a castle at night',
    'pencil sketch of a bee on a white background',
    'a car in the city, at dusk',
    'an owl',
    'a robot wearing a hat in the desert',
    'a clock in a room, lit from the left',
    'a spotted pig on a checkered pink background',
    'a glowing star and a ghost at night',
]


@torch.no_grad()
def sample(model: TextToLatents, prompts: list[str], steps: int, seeds: list[int]) -> torch.Tensor:
    """Latents f32 [n, 4, 32, 32] as the pipeline makes them, guidance 0, CPU noise by seed."""
    scheduler = EulerAncestralDiscreteScheduler(**SCHEDULER)
    scheduler.set_timesteps(steps)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    x = torch.cat([torch.randn(1, 4, LATENT, LATENT, generator=g) for g in generators])
    x = (x * scheduler.init_noise_sigma).to(device())
    ids = token_ids(prompts).to(device())
    whole = torch.ones(len(prompts), 1, device=x.device)
    for t in scheduler.timesteps:
        row_steps = torch.full((len(prompts),), int(t), device=x.device)
        velocity = model(scheduler.scale_model_input(x, t), row_steps, ids, whole)
        x = scheduler.step(velocity, t, x, generator=generators).prev_sample
    return x


@torch.no_grad()
def draw(model: TextToLatents, prompts: list[str], steps: int, seeds: list[int]) -> np.ndarray:
    """Pictures u8 [n, 128, 128, 3]."""
    vae = load_vae()
    latents = sample(model, prompts, steps, seeds)
    return to_pictures(vae.decoder(latents / vae.config.scaling_factor))


def save_snapshot(model: TextToLatents, path: Path) -> None:
    """Four rows of prompts: one step with two seeds each, then four steps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        draw(model, PROMPTS, steps, [offset + i for i in range(len(PROMPTS))])
        for steps, offset in ((1, 42), (1, 142), (4, 42))
    ]
    save_sheet([list(row) for row in rows], path)
