"""CLIP as the ONNX files that judge in reports on block specialization how alike pictures are, and pictures and prompts.

    pip install transformers torch onnx
    python scripts/exportClip.py --model openai/clip-vit-base-patch32 --out clip.onnx --text

Give the file to the setting `featurescope.clip.file`, or put it into a model's folder as `clip/model.onnx`. The graph
takes one picture f32 [1, 3, size, size], normalised as `CLIPImageProcessor` does, and gives `image_embeds`. With `--text`
the folder `text/` beside it gets the text part (`model.onnx`: i64 `input_ids` [1, length] to `text_embeds`) and its
tokenizer's files.
transformers downloads the weights at the first use.
"""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path

import torch


class Embedding(torch.nn.Module):
    """A network as a function of one of its inputs that gives one of its outputs."""

    def __init__(self, network: torch.nn.Module, names: tuple[str, str]) -> None:
        super().__init__()
        self.network, self.names = network, names

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        given, wanted = self.names
        return self.network(**{given: value})[wanted]


def export(network: torch.nn.Module, out: Path) -> None:
    size = network.config.image_size
    _write(network, ('pixel_values', 'image_embeds'), torch.zeros(1, 3, size, size), out)


def export_text(network: torch.nn.Module, out: Path) -> None:
    ids = torch.zeros(1, network.config.max_position_embeddings, dtype=torch.int64)
    _write(network, ('input_ids', 'text_embeds'), ids, out)


def _write(network: torch.nn.Module, names: tuple[str, str], example: torch.Tensor, out: Path) -> None:
    """One file without external data and without the exporting machine's paths.

    The exporter that runs Python's trace writes no stack traces; it is kept for that where torch still has it.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    arguments = {'input_names': [names[0]], 'output_names': [names[1]], 'opset_version': 17}
    if 'dynamo' in inspect.signature(torch.onnx.export).parameters:
        arguments['dynamo'] = False
    torch.onnx.export(Embedding(network.eval(), names), (example,), str(out), **arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='openai/clip-vit-base-patch32')
    parser.add_argument('--out', type=Path, default=Path('clip.onnx'))
    parser.add_argument('--text', action='store_true', help='also the text part, into text/ beside it')
    options = parser.parse_args()
    from transformers import CLIPTextModelWithProjection, CLIPTokenizer, CLIPVisionModelWithProjection

    export(CLIPVisionModelWithProjection.from_pretrained(options.model), options.out)
    written = [options.out]
    if options.text:
        folder = options.out.parent / 'text'
        export_text(CLIPTextModelWithProjection.from_pretrained(options.model), folder / 'model.onnx')
        CLIPTokenizer.from_pretrained(options.model).save_pretrained(folder)
        written.append(folder / 'model.onnx')
    for path in written:
        print(f'{path}: {options.model}, {path.stat().st_size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()
