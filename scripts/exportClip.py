"""The image part of CLIP as the ONNX file that judges how alike pictures are in reports on block specialization.

    pip install transformers torch onnx
    python scripts/exportClip.py --model openai/clip-vit-base-patch32 --out clip.onnx

Give the file to the setting `featurescope.clip.file`, or put it into a model's folder as `clip/model.onnx`. The graph
takes one picture f32 [1, 3, size, size], normalised as `CLIPImageProcessor` does, and gives `image_embeds`.
transformers downloads the weights at the first use.
"""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path

import torch


class ImageEmbedding(torch.nn.Module):
    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.network(pixel_values=pixel_values).image_embeds


def export(network: torch.nn.Module, out: Path) -> None:
    """Writes one file without external data and without the exporting machine's paths.

    The exporter that runs Python's trace writes no stack traces; it is kept for that where torch still has it.
    """
    size = network.config.image_size
    out.parent.mkdir(parents=True, exist_ok=True)
    arguments = {'input_names': ['pixel_values'], 'output_names': ['image_embeds'], 'opset_version': 17}
    if 'dynamo' in inspect.signature(torch.onnx.export).parameters:
        arguments['dynamo'] = False
    torch.onnx.export(ImageEmbedding(network.eval()), (torch.zeros(1, 3, size, size),), str(out), **arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='openai/clip-vit-base-patch32')
    parser.add_argument('--out', type=Path, default=Path('clip.onnx'))
    options = parser.parse_args()
    from transformers import CLIPVisionModelWithProjection

    export(CLIPVisionModelWithProjection.from_pretrained(options.model), options.out)
    print(f'{options.out}: {options.model}, {options.out.stat().st_size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()
