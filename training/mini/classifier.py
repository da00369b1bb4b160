"""A small convolutional network that names the factors of a picture.

    python classifier.py --scenes 30000 --steps 12000

It is trained on rendered scenes, half of them through the autoencoder, blurred and noisy at random,
so that it judges content rather than sharpness. A judge has to know everything that a picture may
show, so combinations that are held out from the U-net are among them. It is measured on scenes with
other seeds, as rendered and through the autoencoder.
Writes `classifier.onnx` (input `pictures` f32 [n, 3, 128, 128] in 0..1) and `classifier.json`
(classes of every output and test accuracy).
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from factors import NOUNS, OFTENER, Factors, draw_chance, sample_factors
from scenes import NUISANCES, render, resolve
from truth import GLOBAL, GRID, MAPS, global_classes, is_visible, maps
from vae import load_vae
from work import device, mixed_precision, save_atomically, work_folder

BATCH, FEATURES, HELD = 32, 160, 0.25
HIDDEN = -100
"""The target of a factor that cannot be seen; cross_entropy leaves it out."""


def _block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class Classifier(nn.Module):
    """Pictures [n, 3, 128, 128] to logits: maps [n, classes, 8, 8], globals [n, classes] and, for
    each noun by itself, whether it is anywhere in the picture: presence [n, nouns]."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            _block(3, 32, 2),
            _block(32, 48, 2),
            _block(48, 96, 2),
            _block(96, 96, 1),
            _block(96, FEATURES, 2),
            _block(FEATURES, FEATURES, 1),
            _block(FEATURES, FEATURES, 1),
        )
        self.map_heads = nn.ModuleDict(
            {name: nn.Conv2d(FEATURES, len(classes), 1) for name, classes in MAPS.items()}
        )
        self.global_heads = nn.ModuleDict(
            {name: nn.Linear(2 * FEATURES + 64, len(classes)) for name, classes in GLOBAL.items()}
        )
        self.layout = nn.Conv2d(FEATURES, 1, 1)
        self.presence = nn.Conv2d(FEATURES, len(NOUNS), 1)

    def features(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Cells [n, 160, 8, 8] and a summary [n, 384]: mean, maximum and one value per cell."""
        cells = self.trunk(2 * pictures - 1)
        parts = [cells.mean((2, 3)), cells.amax((2, 3)), self.layout(cells).flatten(1)]
        summary = torch.cat(parts, 1)
        return cells, summary

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        cells, summary = self.features(pictures)
        return {
            'presence': self.presence(cells).amax((2, 3)),
            **{name: head(cells) for name, head in self.map_heads.items()},
            **{name: head(summary) for name, head in self.global_heads.items()},
        }


def present(object_map: Tensor) -> Tensor:
    """Classes i64 [n, 8, 8] of the object map to whether each noun is in it, bool [n, nouns]."""
    return F.one_hot(object_map.flatten(1), len(MAPS['object'])).amax(1)[:, 1:].bool()


def any_factors(rng: np.random.Generator) -> Factors:
    """What the classifier learns from: HELD of the scenes have a combination that the U-net never
    sees, and rare factors come oftener."""
    while True:
        factors = sample_factors(rng, 'held' if rng.random() < HELD else 'train')
        if rng.random() < draw_chance(factors) / max(OFTENER.values()):
            return factors


def labelled_scenes(
    count: int, seed: int, draw: Callable[[np.random.Generator], Factors]
) -> dict[str, Tensor]:
    """`pictures` u8 [n, 3, 128, 128] and a target per output (HIDDEN where it cannot be seen)."""
    rng = np.random.default_rng([seed, 6])
    pictures, targets = [], {name: [] for name in (*MAPS, *GLOBAL)}
    for _ in range(count):
        scene = resolve(draw(rng), rng.standard_normal(len(NUISANCES)))
        pictures.append(render(scene).transpose(2, 0, 1))
        for name, value in maps(scene).items():
            targets[name].append(value if is_visible(scene, name) else np.full_like(value, HIDDEN))
        for name, value in global_classes(scene).items():
            seen = is_visible(scene, name)
            targets[name].append(GLOBAL[name].index(value) if seen else HIDDEN)
    return {
        'pictures': torch.from_numpy(np.stack(pictures)),
        **{name: torch.from_numpy(np.array(values)) for name, values in targets.items()},
    }


@torch.no_grad()
def through_vae(pictures: Tensor) -> Tensor:
    """u8 [n, 3, 128, 128] encoded and decoded."""
    vae = load_vae()
    parts = []
    for part in pictures.split(32):
        x = part.to(device()).float() / 127.5 - 1
        with mixed_precision():
            decoded = vae.decoder(vae.encoder(x))
        decoded = (decoded.float().clamp(-1, 1) + 1) * 127.5
        parts.append(decoded.round().byte().cpu())
    return torch.cat(parts)


def worsen(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """u8 pictures to f32 in 0..1, half of them blurred by a random amount, all a little noisy."""
    x = pictures.float() / 255
    coarse = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode='bilinear')
    amount = (2 * torch.rand(len(x), 1, 1, 1, generator=rng) - 1).clamp(min=0)
    x = x + amount * (coarse - x)
    noise = torch.rand(len(x), 1, 1, 1, generator=rng) * torch.randn(x.shape, generator=rng)
    return (x + 0.04 * noise).to(device())


def loss_of(outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
    losses = [F.cross_entropy(outputs[name], targets[name].to(device())) for name in GLOBAL]
    losses += [4 * F.cross_entropy(outputs[name], targets[name].to(device())) for name in MAPS]
    there = present(targets['object']).to(device()).float()
    presence = F.binary_cross_entropy_with_logits(outputs['presence'], there, reduction='none')
    return torch.stack([*losses, presence.sum(1).mean()]).sum()


def train(model: Classifier, data: dict[str, Tensor], steps: int) -> None:
    rng = torch.Generator().manual_seed(3)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05)
    start = time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group['lr'] = 2e-3 * min(1, (step + 1) / 100) * (1 - step / steps)
        picks = torch.randint(len(data['pictures']), (BATCH,), generator=rng)
        with mixed_precision():
            outputs = model(worsen(data['pictures'][picks], rng))
        outputs = {name: values.float() for name, values in outputs.items()}
        loss = loss_of(outputs, {name: values[picks] for name, values in data.items()})
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f'{step} {time.time() - start:.0f}s loss {loss:.3f}', flush=True)


@torch.no_grad()
def accuracy(model: Classifier, data: dict[str, Tensor]) -> dict[str, float]:
    """Share right per factor on untouched scenes; `object`: all nouns of the picture, no other."""
    model.eval()
    right: dict[str, list[Tensor]] = {name: [] for name in ('object', 'tint', *GLOBAL)}
    for picks in torch.arange(len(data['pictures'])).split(96):
        outputs = model(data['pictures'][picks].to(device()).float() / 255)
        guess = outputs['presence'].cpu() > 0
        right['object'].append((guess == present(data['object'][picks])).all(1))
        covered = (data['object'][picks] > 0) & (data['tint'][picks] != HIDDEN)
        hits = outputs['tint'].argmax(1).cpu() == data['tint'][picks]
        right['tint'].append(hits[covered])
        for name in GLOBAL:
            seen = data[name][picks] != HIDDEN
            right[name].append((outputs[name].argmax(1).cpu() == data[name][picks])[seen])
    return {
        name: round(torch.cat(values).float().mean().item(), 4) for name, values in right.items()
    }


def all_classes() -> dict[str, list[str]]:
    """Classes of every output of the shipped graph."""
    return {
        'objectPresence': MAPS['object'][1:],
        **{f'{name}Map': values for name, values in MAPS.items()},
        **GLOBAL,
    }


def refuse_other_classes() -> None:
    """Raises where the classifier in the work folder was trained on other classes."""
    description = json.loads((work_folder() / 'classifier.json').read_text())
    if description['classes'] != all_classes():
        raise ValueError('classifier.json has other classes: make_mini.py --from classifier')


def load_classifier() -> Classifier:
    """The one in the work folder; one that was trained on other classes is refused."""
    refuse_other_classes()
    model = Classifier()
    model.load_state_dict(torch.load(work_folder() / 'classifier.pt', weights_only=True))
    return model.to(device()).eval()


class _Probabilities(nn.Module):
    """The classifier as shipped: probabilities, and the presence of each noun beside its map."""

    def __init__(self, model: Classifier):
        super().__init__()
        self.model = model

    def forward(self, pictures: Tensor):
        outputs = self.model(pictures)
        presence = outputs['presence'].sigmoid()
        return (presence, *(outputs[name].softmax(1) for name in (*MAPS, *GLOBAL)))


def export(model: Classifier, measured: dict[str, float]) -> None:
    names = ['objectPresence', *(f'{name}Map' for name in MAPS), *GLOBAL]
    model.cpu().eval()
    torch.onnx.export(
        _Probabilities(model),
        (torch.zeros(1, 3, 128, 128),),
        work_folder() / 'classifier.onnx',
        input_names=['pictures'],
        output_names=names,
        dynamo=False,
        dynamic_axes={name: {0: 'n'} for name in ('pictures', *names)},
    )
    description = {
        'picture': 128,
        'grid': GRID,
        'classes': all_classes(),
        'testAccuracy': measured,
    }
    (work_folder() / 'classifier.json').write_text(json.dumps(description, indent=1) + '\n')


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--scenes', type=int, default=30_000)
    arguments.add_argument('--steps', type=int, default=12_000)
    options = arguments.parse_args()
    torch.manual_seed(4)
    model = Classifier().to(device(), memory_format=torch.channels_last)
    data = labelled_scenes(options.scenes, 1, any_factors)
    half = options.scenes // 2
    data['pictures'][:half] = through_vae(data['pictures'][:half])
    print(f'{options.scenes} scenes', flush=True)
    train(model, data, options.steps)
    measured = {}
    for name, seed, count, split in (('seen', 2, 1200, 'train'), ('held', 3, 600, 'held')):
        tested = labelled_scenes(count, seed, partial(sample_factors, split=split))
        measured[name] = accuracy(model, tested)
        tested['pictures'] = through_vae(tested['pictures'])
        measured[f'{name}ThroughAutoencoder'] = accuracy(model, tested)
    print(measured)
    save_atomically(model.state_dict(), work_folder() / 'classifier.pt')
    export(model, measured)


if __name__ == '__main__':
    main()
