"""A small convolutional network that names the factors of a picture.

    python classifier.py --scenes 24000 --steps 6000

It is trained on rendered scenes made worse at random (through the autoencoder, blurred, noisy), so
that it judges content rather than sharpness, and measured on scenes with other seeds. Writes
`classifier.onnx` (input `pictures` f32 [n, 3, 128, 128] in 0..1) and `classifier.json` (classes of
every output and test accuracy).
"""

import argparse
import json
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from factors import sample_factors
from scenes import NUISANCES, render, resolve
from truth import GLOBAL, GRID, MAPS, global_classes, maps
from vae import load_vae
from work import device, save_atomically, work_folder

BATCH, FEATURES = 48, 192


def _block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
                         nn.BatchNorm2d(outputs), nn.ReLU())


class Classifier(nn.Module):
    """Pictures [n, 3, 128, 128] in 0..1 to logits: maps [n, classes, 8, 8], globals [n, classes]."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            _block(3, 32, 2), _block(32, 64, 2), _block(64, 64, 1), _block(64, 128, 2),
            _block(128, 128, 1), _block(128, FEATURES, 2), _block(FEATURES, FEATURES, 1),
            _block(FEATURES, FEATURES, 1))
        self.map_heads = nn.ModuleDict(
            {name: nn.Conv2d(FEATURES, len(classes), 1) for name, classes in MAPS.items()})
        self.global_heads = nn.ModuleDict(
            {name: nn.Linear(2 * FEATURES + 64, len(classes)) for name, classes in GLOBAL.items()})
        self.layout = nn.Conv2d(FEATURES, 1, 1)

    def features(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Cells [n, 192, 8, 8] and a summary [n, 448]: mean, maximum and one value per cell."""
        cells = self.trunk(2 * pictures - 1)
        summary = torch.cat([cells.mean((2, 3)), cells.amax((2, 3)), self.layout(cells).flatten(1)], 1)
        return cells, summary

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        cells, summary = self.features(pictures)
        return {**{name: head(cells) for name, head in self.map_heads.items()},
                **{name: head(summary) for name, head in self.global_heads.items()}}


def object_presence(logits: Tensor) -> Tensor:
    """Map logits [n, classes, 8, 8] to the mean of the four likeliest cells per noun, [n, nouns]."""
    cells = logits.softmax(1).flatten(2)[:, 1:]
    return cells.topk(4, dim=2).values.mean(2)


def labelled_scenes(count: int, seed: int, split: str = 'train') -> dict[str, Tensor]:
    """`pictures` u8 [n, 3, 128, 128] and a target per output."""
    rng = np.random.default_rng([seed, 6])
    pictures, targets = [], {name: [] for name in (*MAPS, *GLOBAL)}
    for _ in range(count):
        scene = resolve(sample_factors(rng, split), rng.standard_normal(len(NUISANCES)))
        pictures.append(render(scene).transpose(2, 0, 1))
        for name, value in maps(scene).items():
            targets[name].append(value)
        for name, value in global_classes(scene).items():
            targets[name].append(GLOBAL[name].index(value))
    return {'pictures': torch.from_numpy(np.stack(pictures)),
            **{name: torch.from_numpy(np.array(values)) for name, values in targets.items()}}


@torch.no_grad()
def worsen(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """u8 pictures to f32 in 0..1: a third through the autoencoder, a third blurred, some noise."""
    x = pictures.to(device()).float() / 255
    third = len(x) // 3
    vae = load_vae()
    x[:third] = (vae.decoder(vae.encoder(2 * x[:third] - 1)).clamp(-1, 1) + 1) / 2
    half = F.interpolate(F.avg_pool2d(x[third:2 * third], 2), scale_factor=2, mode='bilinear')
    amount = torch.rand(third, 1, 1, 1, generator=rng).to(x.device)
    x[third:2 * third] += amount * (half - x[third:2 * third])
    noise = torch.randn(x.shape, generator=rng).to(x.device)
    return x + 0.04 * torch.rand(len(x), 1, 1, 1, generator=rng).to(x.device) * noise


def loss_of(outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
    losses = [F.cross_entropy(outputs[name], targets[name].to(device())) for name in GLOBAL]
    losses += [4 * F.cross_entropy(outputs[name], targets[name].to(device())) for name in MAPS]
    return torch.stack(losses).sum()


def train(model: Classifier, data: dict[str, Tensor], steps: int) -> None:
    rng = torch.Generator().manual_seed(3)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05)
    start = time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group['lr'] = 2e-3 * min(1, (step + 1) / 100) * (1 - step / steps)
        picks = torch.randint(len(data['pictures']), (BATCH,), generator=rng)
        outputs = model(worsen(data['pictures'][picks], rng))
        loss = loss_of(outputs, {name: values[picks] for name, values in data.items()})
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f'{step} {time.time() - start:.0f}s loss {loss:.3f}', flush=True)


@torch.no_grad()
def accuracy(model: Classifier, data: dict[str, Tensor]) -> dict[str, float]:
    """Share right per factor on untouched scenes; `object`: all nouns of the picture, and no other."""
    model.eval()
    right: dict[str, list[Tensor]] = {name: [] for name in ('object', 'tint', *GLOBAL)}
    for picks in torch.arange(len(data['pictures'])).split(96):
        outputs = model(data['pictures'][picks].to(device()).float() / 255)
        present = F.one_hot(data['object'][picks].flatten(1), len(MAPS['object'])).amax(1)[:, 1:]
        guess = object_presence(outputs['object']).cpu()
        right['object'].append(((guess > 0.5) == present.bool()).all(1))
        covered = data['object'][picks] > 0
        hits = outputs['tint'].argmax(1).cpu() == data['tint'][picks]
        right['tint'].append(hits[covered])
        for name in GLOBAL:
            right[name].append(outputs[name].argmax(1).cpu() == data[name][picks])
    return {name: round(float(torch.cat(values).float().mean()), 4) for name, values in right.items()}


def load_classifier() -> Classifier:
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
        presence = object_presence(outputs['object'])
        return (presence, *(outputs[name].softmax(1) for name in (*MAPS, *GLOBAL)))


def export(model: Classifier, measured: dict[str, float]) -> None:
    names = ['objectPresence', *(f'{name}Map' for name in MAPS), *GLOBAL]
    model.cpu().eval()
    torch.onnx.export(_Probabilities(model), (torch.zeros(1, 3, 128, 128),),
                      work_folder() / 'classifier.onnx', input_names=['pictures'],
                      output_names=names, dynamo=False,
                      dynamic_axes={name: {0: 'n'} for name in ('pictures', *names)})
    classes = {'objectPresence': MAPS['object'][1:],
               **{f'{name}Map': values for name, values in MAPS.items()}, **GLOBAL}
    description = {'picture': 128, 'grid': GRID, 'classes': classes, 'testAccuracy': measured}
    (work_folder() / 'classifier.json').write_text(json.dumps(description, indent=1) + '\n')


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--scenes', type=int, default=24000)
    arguments.add_argument('--steps', type=int, default=6000)
    options = arguments.parse_args()
    torch.manual_seed(4)
    model = Classifier().to(device(), memory_format=torch.channels_last)
    train(model, labelled_scenes(options.scenes, seed=1), options.steps)
    measured = {'seen': accuracy(model, labelled_scenes(1200, seed=2)),
                'held': accuracy(model, labelled_scenes(600, seed=3, split='held'))}
    print(measured)
    save_atomically(model.state_dict(), work_folder() / 'classifier.pt')
    export(model, measured)


if __name__ == '__main__':
    main()
