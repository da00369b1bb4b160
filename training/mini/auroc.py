"""How well single features tell pictures with a factor value from matched pictures without it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from verdicts import NO, YES, Verdicts


def least(pictures: int) -> int:
    """Positives and negatives that each half must have for a value to be asked for: 12 of 6,000
    pictures."""
    return max(3, pictures // 500)


def matched_weights(truth: np.ndarray, strata: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of positives and of negatives, f32 [pictures] each: negatives of a stratum together
    weigh as much as its positives; strata that lack either count for nothing."""
    size = int(strata.max()) + 1
    positives = np.bincount(strata[truth == YES], minlength=size)
    negatives = np.bincount(strata[truth == NO], minlength=size)
    share = np.where(negatives > 0, positives / np.maximum(negatives, 1), 0)
    positive = (truth == YES) & (negatives[strata] > 0)
    return positive.astype(np.float32), np.where(truth == NO, share[strata], 0).astype(np.float32)


class Ranking:
    """Strengths [pictures, n], none below 0, sorted once for many questions."""

    def __init__(self, strengths: Tensor):
        self.order = strengths.argsort(0)
        self.zeros = (strengths == 0).sum(0)  # [n]
        self.places = torch.arange(len(strengths))[:, None]

    def auroc(self, positive: np.ndarray, negative: np.ndarray) -> Tensor:
        """f32 [n]: the chance that a positive is stronger than a negative; equal zeros count half.
        Other ties are taken for none: strengths are sums of many numbers."""
        p, q = (torch.from_numpy(weights)[self.order] for weights in (positive, negative))
        below = q.cumsum(0)
        is_zero = self.places < self.zeros
        of_zeros = torch.where(is_zero, q, 0).sum(0)
        beaten = torch.where(is_zero, of_zeros / 2, below)
        return ((p * beaten).sum(0) / (p.sum(0) * q.sum(0)).clamp(min=1e-12)).clamp(max=1)


@dataclass
class Found:
    """AUROCs of every feature for every value that could be asked for."""

    columns: list[int]
    """Places in `Verdicts.values`."""
    validation: Tensor  # f32 [pools, values, n]
    test: Tensor  # f32 [pools, values, n]

    def best_features(self) -> list[tuple[int, float, float]]:
        """For each value the feature that is best on validation, with its AUROC there and on
        test."""
        pools, values, n = self.validation.shape
        flat = self.validation.transpose(0, 1).reshape(values, pools * n)
        best = flat.argmax(1, keepdim=True)
        test = self.test.transpose(0, 1).reshape(values, pools * n).gather(1, best)
        chosen = flat.gather(1, best)
        return [(int(b) % n, float(c), float(t)) for b, c, t in zip(best, chosen, test)]


def ask(strengths: Tensor, verdicts: Verdicts) -> Found:
    """`strengths` f32 [pools, pictures, n]. Pictures of even number choose (validation), the others
    measure (test)."""
    halves = [np.arange(half, len(verdicts.truth), 2) for half in (0, 1)]
    columns, weights = [], []
    for column, (factor, _) in enumerate(verdicts.values):
        strata = verdicts.strata(factor)
        pairs = [matched_weights(verdicts.truth[h, column], strata[h]) for h in halves]
        enough = least(len(verdicts.truth))
        if all((part > 0).sum() >= enough for pair in pairs for part in pair):
            columns.append(column)
            weights.append(pairs)
    if not columns:
        raise ValueError(
            f'the classifier sees no value often enough in {len(verdicts.truth)} pictures'
        )
    results = []
    for half, rows in enumerate(halves):
        ranked = [Ranking(pool[rows]) for pool in strengths]
        asked = [[r.auroc(*pairs[half]) for pairs in weights] for r in ranked]
        results.append(torch.stack([torch.stack(rows) for rows in asked]))
    return Found(columns, *results)
