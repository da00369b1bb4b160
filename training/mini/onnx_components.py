"""The graphs of a Stable Diffusion XL pipeline as Optimum exports them: what each takes and gives.

Names, dtypes and dynamic axes are those of Optimum's own export (optimum-onnx 0.1.0,
`exporters/onnx/model_configs.py`), with one addition: `AutoencoderTiny`, which Optimum does not export, yields
`latent_sample` as Optimum's deterministic encoders (DC-AE) do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import diffusers
import torch
import transformers

Axes = dict[str, dict[int, str]]


@dataclass
class Component:
    """One graph of the pipeline: a module whose `forward` takes and returns tensors in the order of the names."""

    name: str
    module: torch.nn.Module
    inputs: Axes
    outputs: Axes
    make_inputs: Callable[[int, int, int], tuple[torch.Tensor, ...]]
    """(batch, scale of the spatial size, length)"""
    size_units: dict[str, int]
    """Dynamic axis -> the number that it must be a multiple of."""
    is_external: bool = False


def text_encoder(name: str, model: torch.nn.Module) -> Component:
    """CLIP text encoder: `input_ids` i64 [batch, sequence] -> pooled output and every hidden state."""
    config = model.config
    model.set_attn_implementation('eager')
    is_projected = type(model).__name__.endswith('WithProjection')
    first = (
        {'text_embeds': {0: 'batch_size', 1: 'sequence_length'}, 'last_hidden_state': None}
        if is_projected  # Optimum names the width of the pooled output "sequence_length"; kept as it is
        else {'last_hidden_state': None, 'pooler_output': {0: 'batch_size'}}
    )
    names = [*first, *(f'hidden_states.{i}' for i in range(config.num_hidden_layers + 1))]
    call = model.forward

    def forward(input_ids: torch.Tensor) -> tuple[torch.Tensor, ...]:
        length = input_ids.shape[1]
        # The causal mask is given, since the library's own construction cannot be traced.
        blocked = torch.full((length, length), torch.finfo(torch.float32).min).triu(1)
        result = call(input_ids, attention_mask=blocked[None, None], output_hidden_states=True)
        return (*(getattr(result, key) for key in first), *result.hidden_states)

    def make_inputs(batch: int, _scale: int, length: int) -> tuple[torch.Tensor, ...]:
        length = min(length, config.max_position_embeddings)
        ids = torch.randint(0, config.vocab_size - 2, (batch, length))
        ids[:, 0], ids[:, -1] = config.vocab_size - 2, config.vocab_size - 1
        return (ids,)

    model.forward = forward
    axes = {0: 'batch_size', 1: 'sequence_length'}
    outputs = {key: first.get(key) or axes for key in names}
    return Component(name, model, {'input_ids': axes}, outputs, make_inputs, {'sequence_length': 1})


def unet(model: torch.nn.Module, projection_dim: int, image_scale: int) -> Component:
    """U-net: `sample` [batch, channels, height, width] and conditioning -> `out_sample`, the same shape."""
    config = model.config
    image = {0: 'batch_size', 2: 'height', 3: 'width'}
    inputs: Axes = {
        'sample': image,
        'timestep': {},
        'encoder_hidden_states': {0: 'batch_size', 1: 'sequence_length'},
    }
    has_text_time = config.addition_embed_type == 'text_time'
    if has_text_time:
        inputs |= {'text_embeds': {0: 'batch_size'}, 'time_ids': {0: 'batch_size'}}
    unit = 2**model.num_upsamplers
    call = model.forward

    def forward(sample, timestep, encoder_hidden_states, text_embeds=None, time_ids=None):
        added = {'text_embeds': text_embeds, 'time_ids': time_ids} if has_text_time else None
        return call(
            sample, timestep, encoder_hidden_states, added_cond_kwargs=added, return_dict=False
        )[0]

    def make_inputs(batch: int, scale: int, length: int) -> tuple[torch.Tensor, ...]:
        high, wide = unit * 2 * (scale + 2), unit * 2 * (scale + 3)
        sample = torch.randn(batch, config.in_channels, high, wide)
        timestep = torch.tensor(999.0 / scale)
        text = torch.randn(batch, length, config.cross_attention_dim)
        if not has_text_time:
            return sample, timestep, text
        size = [float(high * image_scale), float(wide * image_scale)]
        time_ids = torch.tensor([[*size, 0.0, 0.0, *size]]).repeat(batch, 1)
        return sample, timestep, text, torch.randn(batch, projection_dim), time_ids

    model.forward = forward
    units = {'height': unit, 'width': unit, 'sequence_length': 1}
    return Component(
        'unet', model, inputs, {'out_sample': image}, make_inputs, units, is_external=True
    )


def vae_decoder(model: torch.nn.Module, factor: int) -> Component:
    """VAE decoder: `latent_sample` [batch, channels, h, w], unscaled -> `sample` [batch, 3, h*f, w*f] in -1..1."""
    axes = {0: 'batch_size', 2: 'latent_height', 3: 'latent_width'}
    result = {0: 'batch_size', 2: f'latent_height * {factor}', 3: f'latent_width * {factor}'}

    def forward(latent_sample: torch.Tensor) -> torch.Tensor:
        return model.decode(latent_sample, return_dict=False)[0]

    def make_inputs(batch: int, scale: int, _length: int) -> tuple[torch.Tensor, ...]:
        return (torch.randn(batch, model.config.latent_channels, 8 * (scale + 1), 8 * (scale + 2)),)

    model.forward = forward
    return Component(
        'vae_decoder',
        model,
        {'latent_sample': axes},
        {'sample': result},
        make_inputs,
        {'latent_height': 1, 'latent_width': 1},
    )


def vae_encoder(model: torch.nn.Module, factor: int) -> Component:
    """VAE encoder: `sample` [batch, 3, h, w] in -1..1 -> latents, or mean and log variance of a distribution."""
    is_deterministic = not hasattr(model, 'quant_conv') and not model.config.get('down_block_types')
    output = 'latent_sample' if is_deterministic else 'latent_parameters'
    axes = {0: 'batch_size', 2: 'sample_height', 3: 'sample_width'}
    result = {0: 'batch_size', 2: f'sample_height / {factor}', 3: f'sample_width / {factor}'}

    def forward(sample: torch.Tensor) -> torch.Tensor:
        encoded = model.encode(sample)
        return encoded.latents if is_deterministic else encoded.latent_dist.parameters

    def make_inputs(batch: int, scale: int, _length: int) -> tuple[torch.Tensor, ...]:
        size = (8 * factor * (scale + 1), 8 * factor * (scale + 2))
        return (torch.rand(batch, model.config.in_channels, *size) * 2 - 1,)

    model.forward = forward
    units = {'sample_height': factor, 'sample_width': factor}
    return Component('vae_encoder', model, {'sample': axes}, {output: result}, make_inputs, units)


def vae_factor(config: dict) -> int:
    """How many pixels one latent cell is wide."""
    blocks = config.get('encoder_block_out_channels') or config['block_out_channels']
    return 2 ** (len(blocks) - 1)


def load_components(source: Path) -> dict[str, Callable[[], Component]]:
    """The graphs that the pipeline in `source` consists of, each loaded when it is asked for."""
    index = json.loads((source / 'model_index.json').read_text())
    libraries = {'diffusers': diffusers, 'transformers': transformers}

    def load(name: str) -> torch.nn.Module:
        library, class_name = index[name]
        loaded = getattr(libraries[library], class_name).from_pretrained(
            source / name, dtype=torch.float32
        )
        # Rounding to float16 here makes what is stored, what is exported and what is compared the same numbers.
        return loaded.half().float().eval().requires_grad_(False)

    def config_of(name: str) -> dict:
        return json.loads((source / name / 'config.json').read_text())

    factor = vae_factor(config_of('vae'))
    encoders = [name for name in ('text_encoder', 'text_encoder_2') if name in index]
    projection_dim = config_of(encoders[-1])['projection_dim']
    return {
        **{name: lambda name=name: text_encoder(name, load(name)) for name in encoders},
        'unet': lambda: unet(load('unet'), projection_dim, factor),
        'vae_decoder': lambda: vae_decoder(load('vae'), factor),
        'vae_encoder': lambda: vae_encoder(load('vae'), factor),
    }
