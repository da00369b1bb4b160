"""Ties what captions leave open to the noise, exactly.

A U-net trained to draw a picture in one step from pure noise draws the mean of all pictures that
fit the caption: everything left to chance is blurred. So nothing is left to chance. The k-th
nuisance number of a scene is *defined* as four times the mean of one noise channel over one 4 x 4
patch of latents (one cell of the U-net's deepest level): a standard normal number when the noise is
standard normal. In training, the noise is shifted to agree with the scene's stored numbers; in
sampling, the seed's noise decides them.
"""

import torch

PATCH = 4
CELLS = [(3, 3), (3, 4), (4, 3), (4, 4)]
"""The four central cells of the 8 x 8 grid; with four channels they carry up to 16 numbers."""


def _patch(noise: torch.Tensor, k: int) -> torch.Tensor:
    """The patch that carries number k: a view [batch, 4, 4] of `noise` [batch, 4, 32, 32]."""
    row, column = CELLS[k // 4]
    return noise[:, k % 4, PATCH * row : PATCH * (row + 1), PATCH * column : PATCH * (column + 1)]


def read(noise: torch.Tensor, count: int) -> torch.Tensor:
    """The nuisance numbers that noise carries: [batch, 4, 32, 32] to [batch, count]."""
    return torch.stack([PATCH * _patch(noise, k).mean((1, 2)) for k in range(count)], 1)


def couple(noise: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """Shifts patches of `noise` [batch, 4, 32, 32] so that `read` gives `u` [batch, count]."""
    noise = noise.clone()
    shift = (u - read(noise, u.shape[1])) / PATCH
    for k in range(u.shape[1]):
        _patch(noise, k).add_(shift[:, k, None, None])
    return noise
