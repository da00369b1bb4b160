"""How the reference trains a TopK autoencoder, plainly: dense codes and autograd.

sdxl-unbox scripts/train_sae.py and SAE/sae.py (which follow openai/sparse_autoencoder). One step: backward, scale the
decoder's columns to norm 1, take the part of the gradient along them away, Adam. The loss is the squared error times a
fixed scale, plus the auxiliary one: the residual, detached, rebuilt by the `aux_k` largest dead features.

`rule='batchtopk'` keeps the k * batch largest codes of a batch instead (Bussmann et al. 2024); its threshold is the
running mean of the smallest kept code, as in dictionary_learning's trainers/batch_top_k.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass
class Options:
    d_model: int
    n_features: int
    k: int
    aux_k: int
    aux_coefficient: float = 1 / 32
    dead_after: int = 2441  # steps
    learning_rate: float = 1e-4
    epsilon: float = 6.25e-10
    rule: str = 'topk'
    threshold_decay: float = 0.999


PARAMETERS = ('encoder', 'decoder', 'preBias', 'latentBias')


def geometric_median(points: torch.Tensor, iterations: int = 1000) -> torch.Tensor:
    """Weiszfeld in the dtype of the points: [count, d] -> [d]"""
    median = points.mean(0)
    for _ in range(iterations):
        weights = 1 / (points - median).norm(dim=1).clamp(min=1e-6)
        median = (weights[:, None] * points).sum(0) / weights.sum()
    return median


def initial_parameters(options: Options, median: torch.Tensor, seed: int) -> dict[str, torch.Tensor]:
    """Encoder as `nn.Linear` starts; decoder rows [n, d] = encoder rows at norm 1."""
    encoder = torch.empty(options.n_features, options.d_model)
    torch.nn.init.kaiming_uniform_(encoder, a=5**0.5, generator=torch.Generator().manual_seed(seed))
    return {
        'encoder': encoder,
        'decoder': encoder / encoder.norm(dim=1, keepdim=True),
        'preBias': median.float(),
        'latentBias': torch.zeros(options.n_features),
    }


def loss_scale(first_batches: torch.Tensor) -> torch.Tensor:
    """1 / mean squared distance from the mean of the first batches: [count, d] -> []"""
    return 1 / (first_batches - first_batches.mean(0)).square().mean()


class Trainer:
    """`parameters` are [n, d] rows; autograd and torch.optim.Adam do the rest."""

    def __init__(self, options: Options, parameters: dict[str, torch.Tensor], scale: torch.Tensor):
        self.options = options
        self.scale = scale
        self.parameters = {name: value.clone().requires_grad_() for name, value in parameters.items()}
        self.since_fired = torch.zeros(options.n_features)
        self.threshold = -1.0
        self.adam = torch.optim.Adam(
            self.parameters.values(), lr=options.learning_rate, eps=options.epsilon
        )

    def keep(self, pre: torch.Tensor) -> torch.Tensor:
        """Pre-activations [batch, n] -> codes [batch, n]"""
        k = self.options.k
        if self.options.rule == 'topk':
            values, places = pre.topk(k, dim=-1, sorted=False)
            return torch.zeros_like(pre).scatter(-1, places, values.relu())
        flat = pre.relu().flatten()
        values, places = flat.topk(k * len(pre), sorted=False)
        return torch.zeros_like(flat).scatter(0, places, values).reshape(pre.shape)

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """[batch, d] -> scalars, with the state of the dead counters brought up to date."""
        options, p = self.options, self.parameters
        pre = (x - p['preBias']) @ p['encoder'].T + p['latentBias']
        codes = self.keep(pre)
        rebuilt = codes @ p['decoder'] + p['preBias']
        with torch.no_grad():
            fired = (codes > 1e-3).any(0)
            self.since_fired = torch.where(fired, 1.0, self.since_fired + 1)
            dead = self.since_fired > options.dead_after
        # As in the reference, the others count as 0, which ReLU then leaves at 0.
        values, places = (pre * dead).topk(options.aux_k, dim=-1, sorted=False)
        aux_codes = torch.zeros_like(pre).scatter(-1, places, values.relu())
        aux_rebuilt = aux_codes @ p['decoder'] + p['preBias']
        target = x - rebuilt.detach() + p['preBias'].detach()
        spread = (target - target.mean(0)).square().mean()
        aux = ((aux_rebuilt - target).square().mean() / spread).nan_to_num(0)
        main = (rebuilt - x).square().mean() * self.scale
        kept = codes[codes > 0]
        return {
            'loss': main + options.aux_coefficient * aux,
            'auxLoss': options.aux_coefficient * aux.detach(),
            'deadCount': dead.sum(),
            'l0': (codes > 0).float().sum(1).mean(),
            'smallestKept': kept.min().detach() if len(kept) else torch.tensor(0.0),
            'explainedVariance': explained_variance(x, rebuilt.detach()),
        }

    def step(self, x: torch.Tensor) -> dict[str, float]:
        self.adam.zero_grad()
        figures = self.loss(x)
        figures['loss'].backward()
        decoder = self.parameters['decoder']
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
            decoder.grad -= (decoder.grad * decoder).sum(1, keepdim=True) * decoder
        self.adam.step()
        if self.options.rule == 'batchtopk':
            smallest, decay = float(figures['smallestKept']), self.options.threshold_decay
            self.threshold = smallest if self.threshold < 0 else decay * self.threshold + (1 - decay) * smallest
        return {name: float(value.detach()) for name, value in figures.items()}

    @torch.no_grad()
    def evaluate(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """The SAE in use: TopK, or codes above the threshold; [count, d]."""
        p = self.parameters
        pre = (x - p['preBias']) @ p['encoder'].T + p['latentBias']
        codes = self.keep(pre) if self.options.rule == 'topk' else pre.relu() * (pre > self.threshold)
        active = codes > 0
        counts = active.sum(0)
        return {
            'explainedVariance': explained_variance(x, codes @ p['decoder'] + p['preBias']),
            'l0': active.float().sum(1).mean(),
            'activeCount': counts.float(),
            'featureMean': torch.where(counts > 0, codes.sum(0) / counts.clamp(min=1), 0.0),
        }


def explained_variance(x: torch.Tensor, rebuilt: torch.Tensor) -> torch.Tensor:
    """mean_d(1 - Var(x - x_hat) / (Var(x) + 1e-8)), population variance."""
    return (1 - (x - rebuilt).var(0, correction=0) / (x.var(0, correction=0) + 1e-8)).mean()


def made_samples(count: int, d_model: int, seed: int) -> torch.Tensor:
    """Samples that a dictionary explains: sparse positive mixtures of random directions, an offset, a little noise."""
    generator = torch.Generator().manual_seed(seed)
    directions = F.normalize(torch.randn(3 * d_model, d_model, generator=generator), dim=1)
    weights = torch.rand(count, 3 * d_model, generator=generator)
    is_on = torch.rand(count, 3 * d_model, generator=generator) < 3 / (3 * d_model)
    noise = torch.randn(count, d_model, generator=generator)
    offset = torch.randn(d_model, generator=generator)
    return (1 + 2 * weights) * is_on @ directions + 0.05 * noise + offset
