"""diffusers' own StableDiffusionXLPipeline on a model, in float32 on the CPU: from token ids to pictures.

    python make_pipeline.py DIFFUSERS_DIR

Writes into pipeline/:
  index.json           texts (by id, with token ids and what truncation removed) and cases (requests, by name)
  tensors.safetensors  hidden.<text>       f32 [tokens, width]   penultimate states of both encoders, concatenated
                       pooled.<text>       f32 [width]           pooled output of the second encoder
                       latents.<case>      f32 [steps, channels, height, width]  after every step
                       encoded             f32 [channels, height, width]  VAE latents of the first case's picture,
                                           times the scaling factor
  <case>.png           the picture
A guidance scale of 5 runs two rows, unconditional first; 0 runs one. A negative prompt of null stands for none.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import torch
from common import file_hashes, meta, start, write_bytes, write_json, write_tensors
from diffusers import StableDiffusionXLPipeline
from PIL import Image
from pipeline_model import generator, load_pipeline, make_schedulers

TEXTS = {
    'layout': 'a red apple on the left and a dog on the right, on grass',
    'penguin': 'A big penguin, in the snow!',
    'long': 'two bananas on the beach 🍌🍌 at sunset: it\'s a "photo", isn\'t it? 100% sharp; and a robot on the right '
    'in front of a green wall & a purple car behind the castle at night, pixel art, very detailed',
    'negative': 'a cat, dark',
    'empty': '',
    'cat': 'a cat',
    'emoji': '❤️ a 👩‍🚀 and 3 ½ 猫 – café, naïve',
    'control': 'a\tcat\non\u0000 the\u200b\u00a0grass  ',
    'end': 'a cat <|endoftext|> on grass',
    'exact': 'a ' * 30,
    'over': 'a ' * 31,
}
PROMPT_OF_SEED = {0: 'layout', 42: 'penguin', 2**32 - 1: 'long'}
STEP_COUNTS = [1, 2, 4]


def make_requests() -> dict[str, dict]:
    """Every scheduler, step count and seed with guidance 0 and 5; one seed with a negative prompt; odd sizes."""
    requests = {}

    def add(name: str, scheduler: str, steps: int, seed: int, guidance: float, **more: object) -> None:
        requests[name] = {
            'prompt': PROMPT_OF_SEED[seed], 'negativePrompt': None, 'scheduler': scheduler, 'stepCount': steps,
            'seed': seed, 'guidanceScale': guidance, 'width': None, 'height': None, **more,
        }  # fmt: skip

    short = {'EulerDiscreteScheduler': 'euler', 'EulerAncestralDiscreteScheduler': 'ancestral', 'DDIMScheduler': 'ddim'}
    for scheduler, label in short.items():
        for steps in STEP_COUNTS:
            for seed, text in PROMPT_OF_SEED.items():
                for guidance in (0, 5):
                    add(f'{label}-{steps}-{text}-g{guidance}', scheduler, steps, seed, guidance)
            add(f'{label}-{steps}-layout-g5-negative', scheduler, steps, 0, 5, negativePrompt='negative')
    ancestral = 'EulerAncestralDiscreteScheduler'
    add('ancestral-2-wide-g5', ancestral, 2, 42, 5, width=160, height=96)
    add('ancestral-1-empty-g0', ancestral, 1, 42, 0, prompt='empty')
    return requests


def tokenize(pipe: StableDiffusionXLPipeline, text: str) -> list[dict]:
    """Per encoder: ids as the encoder gets them, and the text that truncation removed, as diffusers reports it."""
    result = []
    for tokenizer in (pipe.tokenizer, pipe.tokenizer_2):
        length = tokenizer.model_max_length
        ids = tokenizer(text, padding='max_length', max_length=length, truncation=True)['input_ids']
        whole = tokenizer(text)['input_ids']
        removed = tokenizer.decode(whole[length - 1 : -1]) if len(whole) > length else ''
        result.append({'ids': ids, 'removed': removed})
    return result


def run(pipe: StableDiffusionXLPipeline, request: dict) -> tuple[torch.Tensor, Image.Image]:
    """Latents after every step [steps, channels, height, width], and the picture."""
    latents = []

    def keep(_pipe: object, _index: int, _timestep: object, values: dict) -> dict:
        latents.append(values['latents'][0].clone())
        return {}

    negative = request['negativePrompt']
    result = pipe(
        prompt=TEXTS[request['prompt']],
        negative_prompt=None if negative is None else TEXTS[negative],
        num_inference_steps=request['stepCount'],
        guidance_scale=float(request['guidanceScale']),
        generator=generator(request['seed']),
        width=request['width'],
        height=request['height'],
        callback_on_step_end=keep,
    )
    return torch.stack(latents), result.images[0]


def encode_picture(pipe: StableDiffusionXLPipeline, picture: Image.Image) -> torch.Tensor:
    """Scaled latents [channels, height, width] of a picture, the mode where the VAE gives a distribution."""
    pixels = torch.from_numpy(np.asarray(picture, dtype=np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
    encoded = pipe.vae.encode(pixels)
    latents = encoded.latents if hasattr(encoded, 'latents') else encoded.latent_dist.mode()
    return latents[0] * pipe.vae.config.scaling_factor


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('model', type=Path, help='folder of a StableDiffusionXLPipeline')
    arguments = parser.parse_args()
    start()
    pipe = load_pipeline(arguments.model)
    schedulers = make_schedulers(pipe)
    tensors, texts, pictures = {}, {}, {}
    with torch.inference_mode():
        for name, text in TEXTS.items():
            hidden, _, pooled, _ = pipe.encode_prompt(text, do_classifier_free_guidance=False)
            tensors |= {f'hidden.{name}': hidden[0].clone(), f'pooled.{name}': pooled[0].clone()}
            texts[name] = {'text': text, 'encoders': tokenize(pipe, text)}
        requests = make_requests()
        for name, request in requests.items():
            pipe.scheduler = schedulers[request['scheduler']]
            tensors[f'latents.{name}'], pictures[name] = run(pipe, request)
        tensors['encoded'] = encode_picture(pipe, pictures[next(iter(requests))]).clone()

    configs = {name: {k: v for k, v in s.config.items() if k[0] != '_'} for name, s in schedulers.items()}
    record = meta(
        'make_pipeline.py DIFFUSERS_DIR',
        ['torch', 'diffusers', 'transformers', 'pillow', 'numpy'],
        modelFiles=file_hashes(arguments.model),
        seeds=[*PROMPT_OF_SEED],
        schedulers=configs,
    )
    for name, picture in pictures.items():
        file = io.BytesIO()
        picture.save(file, 'PNG', optimize=True)
        write_bytes(f'pipeline/{name}.png', file.getvalue())
    write_tensors('pipeline/tensors.safetensors', tensors, record)
    cases = [{'name': name, **request} for name, request in requests.items()]
    texts = [{'name': name, **text} for name, text in texts.items()]
    write_json('pipeline/index.json', {'meta': record, 'texts': texts, 'cases': cases})


if __name__ == '__main__':
    main()
