"""LPIPS as the ONNX file that the ablation board compares pictures with.

    pip install lpips torch torchvision onnx
    python scripts/exportLpips.py --net alex --out lpips.onnx

Give the file to the setting `featurescope.lpips.file`, or put it into a model's folder as `lpips/model.onnx`. The
graph takes two pictures f32 [1, 3, H, W], -1 ... 1, of any size, and gives their distance; the network's own scaling
is inside. torchvision downloads the trunk's weights at the first use.
"""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path

import torch


def export(network: torch.nn.Module, out: Path, size: int = 64) -> None:
    """Writes one file without external data and without the exporting machine's paths.

    The exporter that runs Python's trace writes no stack traces; it is kept for that where torch still has it.
    """
    one, other = torch.zeros(2, 1, 3, size, size)
    free = {2: 'height', 3: 'width'}
    out.parent.mkdir(parents=True, exist_ok=True)
    arguments = {
        'input_names': ['one', 'other'],
        'output_names': ['distance'],
        'dynamic_axes': {'one': free, 'other': free},
        'opset_version': 17,
    }
    if 'dynamo' in inspect.signature(torch.onnx.export).parameters:
        arguments['dynamo'] = False
    torch.onnx.export(network.eval(), (one, other), str(out), **arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--net', choices=['alex', 'vgg', 'squeeze'], default='alex')
    parser.add_argument('--out', type=Path, default=Path('lpips.onnx'))
    options = parser.parse_args()
    import lpips

    export(lpips.LPIPS(net=options.net, verbose=False), options.out)
    print(f'{options.out}: LPIPS {options.net}, {options.out.stat().st_size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()
