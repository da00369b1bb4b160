"""Writes the averaged weights of a checkpoint as a folder that diffusers loads.

    python export_diffusers.py OUT              from the newest checkpoint (after a cool-down: that)
    python export_diffusers.py OUT --from FILE  from a given one

`StableDiffusionXLPipeline.from_pretrained(OUT)` loads it. Weights are float16.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from diffusers import EulerAncestralDiscreteScheduler

from model import Size, TextToLatents
from schedule import SCHEDULER
from tokenizer import load_tokenizer
from vae import load_vae
from work import device, work_folder

PARTS = ('text_encoder', 'text_encoder_2', 'unet', 'vae', 'scheduler')
INDEX = {
    '_class_name': 'StableDiffusionXLPipeline',
    'force_zeros_for_empty_prompt': False,
    'add_watermarker': None,
    'feature_extractor': [None, None],
    'image_encoder': [None, None],
    'scheduler': ['diffusers', 'EulerAncestralDiscreteScheduler'],
    'text_encoder': ['transformers', 'CLIPTextModel'],
    'text_encoder_2': ['transformers', 'CLIPTextModelWithProjection'],
    'tokenizer': ['transformers', 'CLIPTokenizer'],
    'tokenizer_2': ['transformers', 'CLIPTokenizer'],
    'unet': ['diffusers', 'UNet2DConditionModel'],
    'vae': ['diffusers', 'AutoencoderTiny'],
}


FOR_DDIM = {'clip_sample': False, 'set_alpha_to_one': False}


def newest_checkpoint() -> Path:
    """The cooled-down checkpoint if it is the later one, else the running one."""
    files = [work_folder() / name for name in ('checkpoint.pt', 'cooled.pt')]
    return max((f for f in files if f.exists()), key=lambda f: f.stat().st_mtime)


def load_average(path: Path) -> tuple[TextToLatents, int]:
    """The averaged model of a checkpoint and its step."""
    saved = torch.load(path, weights_only=True, map_location='cpu')
    model = TextToLatents(Size(), load_tokenizer())
    model.load_state_dict(saved['average'])
    return model.to(device()).eval(), saved['step']


def _for_other_schedulers(config: Path) -> None:
    """Adds what DDIM reads and Euler does not: without it DDIM clips latents to -1..1."""
    values = json.loads(config.read_text())
    config.write_text(json.dumps(values | FOR_DDIM, indent=2, sort_keys=True) + '\n')


def _without_origin(config: Path) -> None:
    """Drops what describes the exporting machine rather than the model."""
    values = json.loads(config.read_text())
    for key in ('_name_or_path', '_diffusers_version'):
        values.pop(key, None)
    config.write_text(json.dumps(values, indent=2) + '\n')


def export(model: TextToLatents, out: Path) -> None:
    """Writes the folder; `model` is left in float16."""
    for name in ('text_encoder', 'text_encoder_2', 'unet'):
        getattr(model, name).half().save_pretrained(out / name)
    load_vae.__wrapped__().to(memory_format=torch.contiguous_format).half().save_pretrained(
        out / 'vae'
    )
    EulerAncestralDiscreteScheduler(**SCHEDULER).save_pretrained(out / 'scheduler')
    _for_other_schedulers(out / 'scheduler' / 'scheduler_config.json')
    for name in ('tokenizer', 'tokenizer_2'):
        shutil.copytree(work_folder() / 'tokenizer', out / name, dirs_exist_ok=True)
    (out / 'model_index.json').write_text(json.dumps(INDEX, indent=2) + '\n')
    for part in PARTS:
        for config in (out / part).glob('*config.json'):
            _without_origin(config)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('out', type=Path)
    arguments.add_argument('--from', dest='source', type=Path)
    options = arguments.parse_args()
    source = options.source or newest_checkpoint()
    model, step = load_average(source)
    export(model, options.out)
    size = sum(f.stat().st_size for f in options.out.rglob('*.safetensors'))
    print(f'{source.name} at step {step}: {size / 1e6:.1f} MB of weights')


if __name__ == '__main__':
    main()
