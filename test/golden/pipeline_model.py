"""Loading the model that the fixtures are made of, and its schedulers."""

from __future__ import annotations

from pathlib import Path

import diffusers
import torch
from diffusers import StableDiffusionXLPipeline

SCHEDULERS = ['EulerDiscreteScheduler', 'EulerAncestralDiscreteScheduler', 'DDIMScheduler']


def load_pipeline(folder: Path) -> StableDiffusionXLPipeline:
    """The pipeline on the CPU; float16 files are computed with in float32."""
    pipe = StableDiffusionXLPipeline.from_pretrained(folder, dtype=torch.float32, add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def make_schedulers(pipe: StableDiffusionXLPipeline) -> dict:
    """One scheduler a class, each from the configuration of the model's own: keys it lacks take the class's default."""
    return {name: getattr(diffusers, name).from_config(pipe.scheduler.config) for name in SCHEDULERS}


def generator(seed: int) -> torch.Generator:
    return torch.Generator('cpu').manual_seed(seed)
