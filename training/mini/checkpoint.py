"""Checkpoints of a training run: everything needed to go on as if it had never stopped."""

import copy
from pathlib import Path

import torch
from torch import Tensor, nn

from work import device, save_atomically

EMA_DECAY = 0.998


class Run:
    """A model in training with its average, optimiser, random stream and step count."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, seed: int):
        self.model, self.optimizer, self.step, self.rows = model, optimizer, 0, 0
        self.average = copy.deepcopy(model).requires_grad_(False).eval()
        self.rng = torch.Generator(device()).manual_seed(seed)
        self.carried: dict[str, Tensor] | None = None
        """Unfinished multi-step samples (batches.py)."""

    @torch.no_grad()
    def count_step(self, rows: int) -> None:
        """Counts a step of so many rows and moves the average, faster at the beginning."""
        self.step += 1
        self.rows += rows
        keep = min(EMA_DECAY, self.step / (self.step + 20))
        torch._foreach_lerp_(
            list(self.average.parameters()), list(self.model.parameters()), 1 - keep
        )

    def save(self, path: Path) -> None:
        save_atomically(
            {
                'step': self.step,
                'rows': self.rows,
                'model': self.model.state_dict(),
                'average': self.average.state_dict(),
                'optimizer': self.optimizer.state_dict(),
                'rng': self.rng.get_state(),
                'carried': self.carried,
            },
            path,
        )

    def load(self, path: Path) -> None:
        """Goes on from a file. A random stream of another kind of device starts anew."""
        saved = torch.load(path, weights_only=True, map_location=device())
        self.step, self.rows, self.carried = saved['step'], saved['rows'], saved['carried']
        self.model.load_state_dict(saved['model'])
        self.average.load_state_dict(saved['average'])
        self.optimizer.load_state_dict(saved['optimizer'])
        state = saved['rng'].cpu()
        if state.shape == self.rng.get_state().shape:
            self.rng.set_state(state)
        else:
            self.rng.manual_seed(self.step)

    def branch(self, number: int) -> None:
        """Draws other rows than the run it was loaded as."""
        self.carried = None
        self.rng.manual_seed(1000 * self.step + number)
