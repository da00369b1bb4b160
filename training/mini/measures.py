"""Measurements on generated pictures, each a function of pictures and the scenes asked for."""

import numpy as np
import torch

from classifier import Classifier
from factors import NOUNS
from latents import newest_lesson, taught
from scenes import NUISANCES, Scene, render
from truth import GLOBAL, MAPS, cell_box, global_classes, is_visible
from work import device

Pictures = np.ndarray
"""u8 [n, 128, 128, 3]"""


def as_input(pictures: Pictures) -> torch.Tensor:
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()).float().to(device()) / 255


@torch.no_grad()
def _outputs(classifier: Classifier, pictures: Pictures) -> dict[str, torch.Tensor]:
    parts = [classifier(part) for part in as_input(pictures).split(96)]
    return {name: torch.cat([part[name] for part in parts]).cpu() for name in parts[0]}


def named_right(
    classifier: Classifier, pictures: Pictures, scenes: list[Scene]
) -> dict[str, float]:
    """Share of pictures whose factors the classifier names as the scene has them.

    `object`: every object asked for is the likeliest noun of the cells of its square (so pairs must
    be on their sides); `tint` is over tinted objects only; `detail`, `style` over scenes that have
    one; what a style hides does not count. Factors without a case are left out.
    """
    outputs = _outputs(classifier, pictures)
    right: dict[str, list[bool]] = {name: [] for name in ('object', 'tint', *GLOBAL)}
    for i, scene in enumerate(scenes):
        nouns = []
        for sprite in scene.sprites:
            rows, columns = cell_box(sprite.x, sprite.y, sprite.side)
            cells = {
                name: outputs[name][i, :, rows, columns].softmax(0).mean((1, 2)) for name in MAPS
            }
            nouns.append(NOUNS[int(cells['object'][1:].argmax())] == sprite.noun)
            if sprite.tint and is_visible(scene, 'tint'):
                right['tint'].append(
                    MAPS['tint'][int(cells['tint'][1:].argmax()) + 1] == sprite.tint
                )
        right['object'].append(all(nouns))
        for name, value in global_classes(scene).items():
            if value != 'none' and is_visible(scene, name):
                right[name].append(GLOBAL[name][int(outputs[name][i].argmax())] == value)
    return {name: float(np.mean(values)) for name, values in right.items() if values}


def obeys_noise(pictures: Pictures, factors: list, u: np.ndarray) -> dict[str, float]:
    """How often a picture is nearer to the scene its noise asks for than to the one with a single
    nuisance number turned round, per nuisance; cases where that changes nothing are left out."""
    result, lesson = {}, newest_lesson()
    for k, name in enumerate(NUISANCES):
        turned = u.copy()
        turned[:, k] = np.where(np.abs(u[:, k]) < 0.43, 1.5, -u[:, k])
        wins = []
        for picture, f, own, other in zip(pictures, factors, u, turned):
            meant, instead = taught(f, own, lesson), taught(f, other, lesson)
            if meant == instead:
                continue
            a, b = (render(s).astype(np.float32) for s in (meant, instead))
            if np.abs(a - b).mean() > 0.5:
                wins.append(((picture - a) ** 2).sum() < ((picture - b) ** 2).sum())
        if wins:
            result[name] = float(np.mean(wins))
    return result


def sharpness(pictures: Pictures) -> float:
    """Mean absolute difference between neighbouring pixels, in levels of 255."""
    gray = pictures.astype(np.float32).mean(3)
    return float(np.abs(np.diff(gray, axis=1)).mean() + np.abs(np.diff(gray, axis=2)).mean())


def difference(a: Pictures, b: Pictures) -> float:
    """Mean absolute difference of two sets of pictures, in levels of 255."""
    return float(np.abs(a.astype(np.float32) - b.astype(np.float32)).mean())


@torch.no_grad()
def summaries(classifier: Classifier, pictures: Pictures) -> np.ndarray:
    """The classifier's means over cells, f64 [n, 160]."""
    parts = [classifier.features(part)[0].mean((2, 3)) for part in as_input(pictures).split(96)]
    return torch.cat(parts).double().cpu().numpy()


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Frechet distance of two sets of feature vectors seen as Gaussians."""
    difference_of_means = a.mean(0) - b.mean(0)
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    values = np.linalg.eigvals(cov_a @ cov_b).real.clip(0)
    return float(
        difference_of_means @ difference_of_means
        + np.trace(cov_a)
        + np.trace(cov_b)
        - 2 * np.sqrt(values).sum()
    )


def nearest(latents: torch.Tensor, known: torch.Tensor) -> np.ndarray:
    """Root mean square distance of each latent picture to the nearest known one, [n]."""
    a, b = latents.flatten(1).float(), known.flatten(1)
    best = torch.full((len(a),), torch.inf)
    for part in b.split(2000):
        best = torch.minimum(best, torch.cdist(a, part.float()).min(1).values)
    return (best / a.shape[1] ** 0.5).numpy()
