"""LPIPS distances by torch: a tiny random network in LPIPS's form, and that network as ONNX.

    python make_lpips.py

Writes lpips.onnx (by scripts/exportLpips.py's own `export`) and lpips.json: pairs of pictures (u8 [height, width, 3]
as base64) and `distance` of the pairs in float32. The network is `d = sum_l mean_hw w_l . (y_l - y'_l)^2` over three
convolutions, `y` of unit length in each cell (1e-10 is added to the length), pictures scaled as the package `lpips` 0.1.4
does.
"""

from __future__ import annotations

import base64
import sys

import numpy as np
import torch
from common import FOLDER, meta, start, write_json

sys.path.insert(0, str(FOLDER.parent.parent / 'scripts'))
from exportLpips import export  # noqa: E402

SEED = 21
SIZES = [(24, 32), (40, 17)]


class Lpips(torch.nn.Module):
    """Zhang et al. 2018, eq. 1, over a trunk of three convolutions."""

    def __init__(self) -> None:
        super().__init__()
        widths = [3, 6, 8, 10]
        pairs = list(zip(widths, widths[1:]))
        self.trunk = torch.nn.ModuleList(torch.nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairs)
        self.weights = torch.nn.ParameterList(torch.rand(1, b, 1, 1) for _, b in pairs)
        self.register_buffer('shift', torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1))
        self.register_buffer('scale', torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1))

    def features(self, picture: torch.Tensor) -> list[torch.Tensor]:
        hidden, found = (picture - self.shift) / self.scale, []
        for layer in self.trunk:
            hidden = torch.relu(layer(hidden))
            found.append(hidden / (hidden.square().sum(1, keepdim=True).sqrt() + 1e-10))
        return found

    def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        layers = zip(self.features(one), self.features(other), self.weights)
        return sum((weight * (a - b).square()).sum(1, keepdim=True).mean([2, 3], keepdim=True) for a, b, weight in layers)


def main() -> None:
    start()
    torch.manual_seed(SEED)
    network = Lpips().eval()
    export(network, FOLDER / 'lpips.onnx')
    draw = np.random.default_rng(SEED)
    cases = []
    for high, wide in SIZES:
        one = draw.integers(0, 256, (high, wide, 3), dtype=np.uint8)
        near = (one.astype(int) + draw.integers(-9, 10, one.shape)).clip(0, 255).astype(np.uint8)
        for name, other in (('same', one), ('near', near), ('flipped', one[:, ::-1].copy())):
            tensors = [torch.from_numpy(p.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1 for p in (one, other)]
            with torch.no_grad():
                distance = float(network(*tensors))
            text = [base64.b64encode(picture.tobytes()).decode() for picture in (one, other)]
            cases.append({'name': f'{name} {high} x {wide}', 'height': high, 'width': wide,
                          'one': text[0], 'other': text[1], 'distance': distance})  # fmt: skip
    facts = meta('make_lpips.py', ['numpy', 'onnx', 'torch'], seed=SEED)
    write_json('lpips.json', {'meta': facts, 'cases': cases})


if __name__ == '__main__':
    main()
