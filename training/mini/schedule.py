"""Euler-ancestral sampling with trailing steps, as diffusers' scheduler does it, for batches whose
rows are at different timesteps.

`x` is in sigma units (clean latents + sigma * noise); the U-net sees `x / sqrt(sigma^2 + 1)` and
predicts v.
"""

import torch

TRAIN_STEPS = 1000
SCHEDULER = {
    'beta_start': 0.00085,
    'beta_end': 0.012,
    'beta_schedule': 'scaled_linear',
    'prediction_type': 'v_prediction',
    'timestep_spacing': 'trailing',
    'num_train_timesteps': TRAIN_STEPS,
    'steps_offset': 1,
}
FIRST = 999


def _sigmas() -> torch.Tensor:
    betas = (
        torch.linspace(
            SCHEDULER['beta_start'] ** 0.5,
            SCHEDULER['beta_end'] ** 0.5,
            TRAIN_STEPS,
            dtype=torch.float64,
        )
        ** 2
    )
    kept = torch.cumprod(1 - betas, 0)
    return ((1 - kept) / kept).sqrt().float()


SIGMAS = _sigmas()


def sigma_at(timesteps: torch.Tensor) -> torch.Tensor:
    """[batch] timesteps to sigmas shaped [batch, 1, 1, 1]."""
    return SIGMAS.to(timesteps.device)[timesteps][:, None, None, None]


def next_timesteps(timesteps: torch.Tensor, short: torch.Tensor) -> torch.Tensor:
    """The step after each timestep in a run of four (999 749 499 249) or, where `short`, from 999
    to the second of two (499). 0 where nothing follows. Both [batch]."""
    following = torch.where(timesteps == 749, 499, 0)
    following = torch.where(timesteps == 499, 249, following)
    return torch.where(timesteps == FIRST, torch.where(short, 499, 749), following)


def model_input(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    return x / (sigma**2 + 1).sqrt()


def clean_from_velocity(v: torch.Tensor, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The clean latents that a predicted velocity means."""
    return x / (sigma**2 + 1) - v * sigma / (sigma**2 + 1).sqrt()


def ancestral_step(
    x: torch.Tensor,
    clean: torch.Tensor,
    sigma: torch.Tensor,
    sigma_to: torch.Tensor,
    noise: torch.Tensor,
) -> torch.Tensor:
    """From `x` at sigma to the next sample at sigma_to with fresh noise."""
    up = (sigma_to**2 * (sigma**2 - sigma_to**2) / sigma**2).sqrt()
    down = sigma_to**2 / sigma
    return clean + (x - clean) * (down / sigma) + up * noise
