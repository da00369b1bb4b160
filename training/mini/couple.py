"""Ties what captions leave open to the noise, exactly.

A U-net trained to draw a picture in one step from pure noise draws the mean of all pictures that
fit the caption: everything left to chance is blurred. So nothing is left to chance. The k-th
nuisance number of a scene is *defined* as the correlation of one noise channel with one of four
sign patterns (constant, alternating columns, alternating rows, checkerboard): sixteen independent
standard normal numbers when the noise is standard normal. In training, the noise is shifted to
agree with the scene's stored numbers; in sampling, the seed's noise decides them.

The patterns have no place: the mean over all cells of a fixed filter reads them, which attention
does from the first step on (model.py sets the filters).
"""

import torch
from torch import Tensor

SIDE = 32
SIGNS = torch.tensor([[[1, 1], [1, 1]], [[1, -1], [1, -1]], [[1, 1], [-1, -1]], [[1, -1], [-1, 1]]])
"""[4, 2, 2]: the patterns, each repeated over all squares of 2 x 2 latents."""


def _patterns(noise: Tensor) -> Tensor:
    """[4, 32, 32] of norm one, on the device of `noise`."""
    return SIGNS.to(noise).tile(1, SIDE // 2, SIDE // 2) / SIDE


def read(noise: Tensor, count: int) -> Tensor:
    """The nuisance numbers that noise carries: [batch, 4, 32, 32] to [batch, count].

    Number 4 * pattern + channel.
    """
    return torch.einsum('bchw,phw->bpc', noise, _patterns(noise)).flatten(1)[:, :count]


def couple(noise: Tensor, u: Tensor) -> Tensor:
    """Shifts `noise` [batch, 4, 32, 32] so that `read` gives `u` [batch, count]."""
    shift = torch.zeros(len(u), 16, device=u.device)
    shift[:, : u.shape[1]] = u - read(noise, u.shape[1])
    return noise + torch.einsum('bpc,phw->bchw', shift.view(-1, 4, 4), _patterns(noise))
