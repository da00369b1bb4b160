"""Muon for weight matrices, AdamW for everything else, in one optimiser.

Muon (Jordan et al. 2024) replaces the momentum of a matrix by the nearest semi-orthogonal matrix,
found with a few Newton-Schulz iterations: all directions of a layer learn at the same pace.
Convolutions count as matrices [out, in * taps].
"""

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


def orthogonal(matrices: Tensor) -> Tensor:
    """Approximately U V^T of every matrix U S V^T of a stack [n, rows, columns].

    An iteration multiplies X by p(X X^T) from the left. All of them are done on the small square
    X X^T and their product is applied once: for a convolution a third of the work. In float32:
    X X^T has the squares of the singular values.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    turned = x.shape[1] > x.shape[2]
    x = x.mT if turned else x
    gram = x @ x.mT
    product = torch.eye(x.shape[1], device=x.device)
    for _ in range(ITERATIONS):
        step = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        step.diagonal(dim1=1, dim2=2).add_(a)
        product = step @ product
        gram = step @ gram @ step
    x = product @ x
    return x.mT if turned else x


def is_matrix(name: str, parameter: Tensor) -> bool:
    """Embeddings, and the convolutions at both ends of the U-net, are left to AdamW."""
    ends = ('embedding', 'conv_in', 'conv_out')
    return parameter.ndim >= 2 and not any(end in name for end in ends)


class MuonWithAdamW(torch.optim.Optimizer):
    """`lr` is AdamW's; Muon's is `lr * muon_ratio`, times sqrt(max(1, rows / columns))."""

    def __init__(
        self,
        model: nn.Module,
        lr: float,
        muon_ratio: float = 10.0,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.01,
    ):
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        groups = [
            {'params': [p for n, p in named if is_matrix(n, p)], 'muon': True},
            {'params': [p for n, p in named if not is_matrix(n, p)], 'muon': False},
        ]
        super().__init__(
            groups,
            {
                'lr': lr,
                'muon_ratio': muon_ratio,
                'momentum': momentum,
                'betas': betas,
                'weight_decay': weight_decay,
            },
        )

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            (self._muon if group['muon'] else self._adamw)(group)

    def _muon(self, group: dict) -> None:
        by_shape: dict[tuple[int, int], list[Tensor]] = {}
        for p in group['params']:
            by_shape.setdefault((p.shape[0], p[0].numel()), []).append(p)
        rate = group['lr'] * group['muon_ratio']
        for (rows, columns), parameters in by_shape.items():
            directions = []
            for p in parameters:
                buffer = self.state[p].setdefault('momentum', torch.zeros_like(p))
                buffer.lerp_(p.grad, 1 - group['momentum'])
                directions.append(p.grad.lerp(buffer, group['momentum']).reshape(rows, columns))
            updates = orthogonal(torch.stack(directions))
            scale = rate * max(1, rows / columns) ** 0.5
            for p, update in zip(parameters, updates):
                p.mul_(1 - rate * group['weight_decay']).sub_(update.view_as(p), alpha=scale)

    def _adamw(self, group: dict) -> None:
        first, second = group['betas']
        for p in group['params']:
            state = self.state[p]
            if not state:
                state.update(step=0, mean=torch.zeros_like(p), square=torch.zeros_like(p))
            state['step'] += 1
            state['mean'].lerp_(p.grad, 1 - first)
            state['square'].lerp_(p.grad.square(), 1 - second)
            mean = state['mean'] / (1 - first ** state['step'])
            square = state['square'] / (1 - second ** state['step'])
            p.mul_(1 - group['lr'] * group['weight_decay'])
            p.addcdiv_(mean, square.sqrt().add_(1e-8), value=-group['lr'])
