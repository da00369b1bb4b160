"""What a CLIP network and a classifier make of pictures, and CLIP of texts, by transformers and torch.

    python make_looks.py

Writes clip.onnx and text/ (a tiny random CLIP image network and its text part, by scripts/exportClip.py's own functions;
its tokenizer has CLIP's first merges only), classifier.onnx and classifier.json (a classifier in the form of
training/mini/classifier.py that tells colours by arithmetic) and looks.json: `texts` with `embedding`, and pictures by make_pictures.py's formula with `embedding` (of length 1), `resized` (Pillow's BICUBIC, u8 [height, width, 3] as
base64, the shorter side at the network's size) and `seen` (probabilities by factor, maps as the mean of the four likeliest cells).
"""

from __future__ import annotations

import base64
import json
import sys

import numpy as np
import torch
from common import FOLDER, meta, short, start, write_json
from make_pictures import drawn
from make_tokenizer import clip_merges, clip_vocabulary
from PIL import Image
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

sys.path.insert(0, str(FOLDER.parent.parent / 'scripts'))
from exportClip import export, export_text  # noqa: E402

SEED = 31
SIDE = 32
MERGES = 200
TEXTS = ['', 'a cat', 'A photo of TWO red cats, beside the sea!', 'word after word ' * 12]
CLASSES = {
    'tintPresence': ['red', 'green', 'blue'],
    'tintMap': ['none', 'red', 'green', 'blue'],
    'object': ['dark', 'light'],
    'lightMap': ['none', 'dark', 'light'],
}
"""`object` is a choice; the map `lightMap` stands for itself."""


class Classifier(torch.nn.Module):
    """Colours and brightness of the 8 x 8 cells as probabilities."""

    def forward(self, pictures: torch.Tensor):
        cells = torch.nn.functional.adaptive_avg_pool2d(pictures, 8)
        grey = cells.mean(1, keepdim=True)
        tint = torch.cat([torch.full_like(grey, 0.05), cells - grey], 1).mul(30).softmax(1)
        light = torch.cat([torch.zeros_like(grey), 0.45 - grey, grey - 0.55], 1).mul(20).softmax(1)
        whole = pictures.mean((1, 2, 3)).unsqueeze(1)
        presence = tint.flatten(2)[:, 1:].topk(4, dim=2).values.mean(2)
        return presence, tint, torch.cat([0.5 - whole, whole - 0.5], 1).mul(20).softmax(1), light


def write_text() -> list[dict]:
    """The text part with its tokenizer, and what it makes of TEXTS."""
    folder = FOLDER / 'text'
    folder.mkdir(exist_ok=True)
    merges = clip_merges()[:MERGES]
    (folder / 'merges.txt').write_text('\n'.join(['#version: 0.2', *merges, '']))
    (folder / 'vocab.json').write_text(json.dumps(clip_vocabulary(merges), ensure_ascii=False, indent=0))
    (folder / 'tokenizer_config.json').write_text(json.dumps({'model_max_length': 77}) + '\n')
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    network = CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=77, projection_dim=12, bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, attn_implementation='eager',
        )
    ).eval()  # fmt: skip
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    export_text(network, folder / 'model.onnx')
    texts = []
    for text in TEXTS:
        ids = tokenizer([text], padding='max_length', max_length=77, truncation=True, return_tensors='pt')['input_ids']
        with torch.no_grad():
            embedding = network(input_ids=ids).text_embeds[0]
        texts.append({'text': text, 'embedding': short(embedding / embedding.norm())})
    return texts


def main() -> None:
    start()
    torch.manual_seed(SEED)
    network = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            image_size=SIDE, patch_size=8, projection_dim=12, attn_implementation='eager',
        )
    ).eval()  # fmt: skip
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    export(network, FOLDER / 'clip.onnx')
    texts = write_text()
    names = list(CLASSES)
    torch.onnx.export(
        Classifier(), (torch.zeros(1, 3, 128, 128),), str(FOLDER / 'classifier.onnx'), input_names=['pictures'],
        output_names=names, dynamo=False, dynamic_axes={name: {0: 'n'} for name in ('pictures', *names)},
    )  # fmt: skip
    facts = {'picture': 128, 'grid': 8, 'classes': CLASSES}
    (FOLDER / 'classifier.json').write_text(json.dumps(facts, indent=1) + '\n')
    processor = CLIPImageProcessor(
        size={'shortest_edge': SIDE}, crop_size={'height': SIDE, 'width': SIDE}, do_convert_rgb=False
    )
    pictures = []
    for width, height in ((128, 128), (60, 45), (20, 31)):
        picture = Image.fromarray(drawn(width, height))
        scale = SIDE / min(width, height)
        resized = picture.resize((int(width * scale), int(height * scale)), Image.Resampling.BICUBIC)
        pixels = processor(picture, return_tensors='pt')['pixel_values']
        square = np.asarray(picture.resize((128, 128), Image.Resampling.LANCZOS))
        with torch.no_grad():
            embedding = network(pixel_values=pixels).image_embeds[0]
            presence, _, whole, light = Classifier()(torch.from_numpy(square.copy()).permute(2, 0, 1)[None] / 255)
        pictures.append({
            'width': width, 'height': height, 'toWidth': resized.width, 'toHeight': resized.height,
            'resized': base64.b64encode(np.asarray(resized).tobytes()).decode(),
            'embedding': short(embedding / embedding.norm()),
            'seen': {'tint': short(presence[0]), 'object': short(whole[0]),
                     'light': short(light[0].flatten(1).topk(4, dim=1).values.mean(1))},
        })  # fmt: skip
    facts = meta('make_looks.py', ['numpy', 'onnx', 'pillow', 'torch', 'transformers'], seed=SEED)
    write_json('looks.json', {'meta': facts, 'texts': texts, 'pictures': pictures})


if __name__ == '__main__':
    main()
