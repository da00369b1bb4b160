"""An SDXL of the true size with random weights, as the real exporters write it.

    python scripts/makeSdxl.py DIR [--exporter legacy|dynamo] [--type float16|float32] [--vae tiny|kl]
                               [--layers 0,2,10] [--text-from OTHER_DIR]

DIR becomes a model folder in Optimum's layout: the U-net (2.6 G parameters, 5.1 GB as float16), both text encoders
(0.8 G parameters), a decoder, CLIP's own tokenizers. Nothing is downloaded. Weights follow from their names
(`seededWeights.py`): DIR in float32 holds the numbers of DIR in float16, whichever exporter wrote it, and
`benchScale.py` builds the same network in torch. Memory stays near 3 GB, since graphs are exported with placeholders and
the files of weights are written tensor by tensor.

--exporter   legacy: torch's older one, with the module paths in node names, as in Optimum's exports. dynamo: the newer.
--layers     transformer layers by level; fewer for a rehearsal.
--text-from  shares text encoders, tokenizers and decoder with another folder that this script made (hard links).

Packages: torch, diffusers, transformers, onnx, onnxscript, open_clip_torch.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import onnx
import onnx_ir
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from seededWeights import DataFile, Parameter, draw, index_of, put_placeholders, put_weights
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

sys.path.insert(0, str(Path(__file__).parents[1] / 'test' / 'golden'))
from make_tokenizer import END, clip_merges, clip_vocabulary, tokenizer_settings  # noqa: E402

TOKENS = 77
GAINS = {'conv_out.weight': 2.9}
"""Predictions with variance 1: a normalised and activated input of variance 0.36 gives 0.36 / 3 as torch draws."""
INLINE_BYTES = 1024
"""What is smaller stays in the graph, as onnx does it."""
README = '---\nlicense: mit\n---\nSDXL in size, with random weights: it draws nothing. Made by scripts/makeSdxl.py.\n'


def make_unet(layers: tuple[int, ...]) -> UNet2DConditionModel:
    """SDXL's configuration; `sample_size` is Turbo's."""
    return UNet2DConditionModel(
        sample_size=64,
        down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'),
        up_block_types=('CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'),
        block_out_channels=(320, 640, 1280),
        transformer_layers_per_block=[max(1, count) for count in layers],
        attention_head_dim=(5, 10, 20),
        use_linear_projection=True,
        addition_embed_type='text_time',
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
        cross_attention_dim=2048,
    )


def text_configs() -> dict[str, CLIPTextConfig]:
    """CLIP's ViT-L and OpenCLIP's ViT-bigG, as SDXL has them."""
    shared = {'vocab_size': 49408, 'max_position_embeddings': TOKENS, 'bos_token_id': 0, 'eos_token_id': 2}
    return {
        'text_encoder': CLIPTextConfig(
            hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, projection_dim=768,
            hidden_act='quick_gelu', **shared,
        ),
        'text_encoder_2': CLIPTextConfig(
            hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
            projection_dim=1280, hidden_act='gelu', **shared,
        ),
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------------
# Forwards with inputs by position, under Optimum's names


def unet_forward(self, sample, timestep, encoder_hidden_states, text_embeds, time_ids):  # noqa: ANN001, ANN201
    added = {'text_embeds': text_embeds, 'time_ids': time_ids}
    call = UNet2DConditionModel.forward
    return call(self, sample, timestep, encoder_hidden_states, added_cond_kwargs=added, return_dict=False)[0]


class UnetForExport(torch.nn.Module):
    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, encoder_hidden_states, text_embeds, time_ids):  # noqa: ANN001, ANN201
        return unet_forward(self.unet, sample, timestep, encoder_hidden_states, text_embeds, time_ids)


def unet_inputs(dtype: torch.dtype, tokens: int) -> dict[str, torch.Tensor]:
    return {
        'sample': torch.zeros(2, 4, 8, 8, dtype=dtype),
        'timestep': torch.tensor(999.0, dtype=dtype),
        'encoder_hidden_states': torch.zeros(2, tokens, 2048, dtype=dtype),
        'text_embeds': torch.zeros(2, 1280, dtype=dtype),
        'time_ids': torch.zeros(2, 6, dtype=dtype),
    }


# ---------------------------------------------------------------------------------------------------
# Exports


def export_legacy(
    module: torch.nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], axes: dict, target: Path,
    parameters: list[Parameter],
) -> None:  # fmt: skip
    """The exporter writes the placeholders out in full, beside its graph; they are replaced."""
    work = target.with_name(f'{target.name}-work')
    work.mkdir(parents=True)
    with torch.inference_mode():
        torch.onnx.export(
            module.eval(), tuple(inputs.values()), str(work / 'model.onnx'), input_names=list(inputs), output_names=outputs,
            dynamic_axes=axes, opset_version=18, dynamo=False,
        )  # fmt: skip
    model = onnx.load(work / 'model.onnx', load_external_data=False)
    target.mkdir(parents=True, exist_ok=True)
    data = DataFile(target / 'model.onnx_data')
    for tensor in model.graph.initializer:
        fill(tensor, work, data, parameters)
    data.close()
    onnx.save(model, target / 'model.onnx')
    shutil.rmtree(work)


def fill(tensor: onnx.TensorProto, work: Path, data: DataFile, parameters: list[Parameter]) -> None:
    """The weights in place of a placeholder; what is none stays as it is."""
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    entries = {entry.key: entry.value for entry in tensor.external_data}
    if entries:
        first = np.fromfile(work / entries['location'], dtype, 1, offset=int(entries.get('offset', 0)))
    else:
        first = onnx.numpy_helper.to_array(tensor).reshape(-1)[:1]
    if dtype not in (np.float16, np.float32) or first.size == 0:
        return
    index = index_of(float(first[0]))
    if not 0 <= index < len(parameters):
        if entries:
            raise ValueError(f'{tensor.name} {list(tensor.dims)} is no parameter')
        return
    values = weights_of(parameters[index], tensor.name.startswith('onnx::MatMul'), tuple(tensor.dims)).numpy().astype(dtype)
    tensor.ClearField('external_data')
    tensor.ClearField('raw_data')
    if values.nbytes < INLINE_BYTES:
        tensor.data_location = onnx.TensorProto.DEFAULT
        tensor.raw_data = values.tobytes()
        return
    offset, length = data.add(torch.from_numpy(values))
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (('location', data.name), ('offset', offset), ('length', length)):
        tensor.external_data.add(key=key, value=str(value))


def weights_of(parameter: Parameter, is_turned: bool, dims: tuple[int, ...]) -> torch.Tensor:
    """A parameter as an initializer has it: exporters turn matrices round (the older one calls them `onnx::MatMul_7`), and
    give the weights of norms the dimensions of what they multiply."""
    values = draw(*parameter, GAINS.get(parameter.name, 1))
    if is_turned:
        values = values.t().contiguous()
    if values.squeeze().shape != torch.Size(dim for dim in dims if dim != 1):
        raise ValueError(f'{list(dims)} is not {parameter.name} {list(parameter.shape)}')
    return values.reshape(dims)


def export_unet_dynamo(unet: UNet2DConditionModel, dtype: torch.dtype, target: Path, parameters: list[Parameter]) -> None:
    inputs = unet_inputs(dtype, TOKENS)
    inputs['timestep'] = inputs['timestep'].reshape(1)
    rows = torch.export.Dim('rows', max=64)
    high, wide = (torch.export.Dim(f'{name}_quarters', min=2, max=64) for name in ('high', 'wide'))
    shapes = {name: None if name == 'timestep' else {0: rows} for name in inputs}
    shapes['sample'] = {0: rows, 2: 4 * high, 3: 4 * wide}
    # The exporter leaves a Concat of float16 with these float32 numbers, which ONNX does not know.
    unet.add_time_proj.register_forward_hook(lambda _module, _inputs, output: output.to(dtype))
    program = torch.onnx.export(
        UnetForExport(unet).eval(), tuple(inputs.values()), input_names=list(inputs), output_names=['out_sample'],
        dynamo=True, dynamic_shapes=shapes,
    )  # fmt: skip
    model = program.model
    target.mkdir(parents=True, exist_ok=True)
    data = DataFile(target / 'model.onnx_data')
    numpy_type = np.float16 if dtype == torch.float16 else np.float32
    for name, value in model.graph.initializers.items():
        tensor = value.const_value
        index = index_of(float(tensor.numpy().flat[0])) if tensor.size > 0 and tensor.dtype.is_floating_point() else -1
        if not 0 <= index < len(parameters) or tensor.size == 1:
            continue
        # Matrices whose turning was folded into them have another name.
        is_turned = name != f'unet.{parameters[index].name}' and len(parameters[index].shape) == 2
        values = weights_of(parameters[index], is_turned, tuple(tensor.shape.numpy())).numpy().astype(numpy_type)
        offset, length = data.add(torch.from_numpy(values))
        value.const_value = onnx_ir.ExternalTensor(
            data.name, offset, length, tensor.dtype, shape=tensor.shape, name=name
        )
    data.close()
    strip(model)
    onnx_ir.save(model, target / 'model.onnx')


def strip(model: onnx_ir.Model) -> None:
    """Stack traces and source lines name the exporting machine's folders."""
    kept = {'namespace', 'pkg.torch.onnx.name_scopes'}
    for graph in [model.graph, *model.functions.values()]:
        for node in graph:
            node.doc_string = None
            for key in [key for key in node.metadata_props if key not in kept]:
                del node.metadata_props[key]


def export_unet(target: Path, layers: tuple[int, ...], exporter: str, dtype: torch.dtype) -> None:
    with torch.device('meta'):
        unet = make_unet(layers)
    unet.save_config(target)
    parameters = put_placeholders(unet, dtype)
    if exporter == 'dynamo':
        export_unet_dynamo(unet, dtype, target, parameters)
        return
    unet.forward = types.MethodType(unet_forward, unet)
    rows = {0: 'batch_size'}
    axes = {
        'sample': {**rows, 2: 'height', 3: 'width'}, 'encoder_hidden_states': {**rows, 1: 'sequence_length'},
        'text_embeds': rows, 'time_ids': rows, 'out_sample': {**rows, 2: 'height', 3: 'width'},
    }  # fmt: skip
    # It runs what it traces, and torch's float16 products are slow on a CPU: few tokens, few pixels.
    export_legacy(unet, unet_inputs(dtype, 4), ['out_sample'], axes, target, parameters)


class TextForExport(torch.nn.Module):
    """Last state, pooled output and all hidden states, in Optimum's order."""

    def __init__(self, model: torch.nn.Module, is_projected: bool) -> None:
        super().__init__()
        self.model, self.is_projected = model, is_projected

    def forward(self, input_ids):  # noqa: ANN001, ANN201
        made = self.model(input_ids=input_ids, output_hidden_states=True, return_dict=True)
        first = (made.text_embeds, made.last_hidden_state) if self.is_projected else (made.last_hidden_state, made[1])
        return (*first, *made.hidden_states)


def export_text(target: Path, name: str, config: CLIPTextConfig, dtype: torch.dtype) -> None:
    is_projected = name == 'text_encoder_2'
    with torch.device('meta'):
        model = (CLIPTextModelWithProjection if is_projected else CLIPTextModel)._from_config(
            config, attn_implementation='eager'
        )
    parameters = put_placeholders(model, dtype)
    for module in model.modules():
        if 'position_ids' in module._buffers:
            module._buffers['position_ids'] = torch.arange(TOKENS).reshape(1, -1)
    inputs = {'input_ids': torch.ones(2, TOKENS, dtype=torch.int64)}
    first = ['text_embeds', 'last_hidden_state'] if is_projected else ['last_hidden_state', 'pooler_output']
    hidden = [f'hidden_states.{index}' for index in range(config.num_hidden_layers + 1)]
    axes = {key: {0: 'batch_size'} for key in [*inputs, *first, *hidden]}
    export_legacy(TextForExport(model, is_projected), inputs, [*first, *hidden], axes, target, parameters)
    (target / 'config.json').write_text(config.to_json_string())


def make_vae(kind: str) -> AutoencoderKL | AutoencoderTiny:
    """SDXL's own, or TAESD's small one."""
    if kind == 'tiny':
        return AutoencoderTiny()
    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), down_block_types=('DownEncoderBlock2D',) * 4,
        up_block_types=('UpDecoderBlock2D',) * 4, layers_per_block=2, scaling_factor=0.13025,
    )  # fmt: skip


class Decoder(torch.nn.Module):
    def __init__(self, vae: AutoencoderKL | AutoencoderTiny) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latent_sample: torch.Tensor) -> torch.Tensor:
        return self.vae.decode(latent_sample, return_dict=False)[0]


def export_vae(target: Path, kind: str, dtype: torch.dtype) -> None:
    """With weights in it, scaled at the end so that the latents of one step give pictures that use half the range."""
    vae = make_vae(kind).eval()
    put_weights(vae, {}, torch.float32)
    last = vae.decoder.conv_out if kind == 'kl' else vae.decoder.layers[-1]
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1)) * 20
    target.mkdir(parents=True)
    axes = {0: 'batch_size', 2: 'latent_height', 3: 'latent_width'}
    with torch.inference_mode():
        last.weight.mul_(0.5 / vae.decode(latents).sample.std().item())
        last.bias.sub_(vae.decode(latents).sample.mean().item() / (1 if kind == 'kl' else 2))
        torch.onnx.export(
            Decoder(vae.to(dtype)), (latents.to(dtype),), target / 'model.onnx', input_names=['latent_sample'],
            output_names=['sample'], dynamic_axes={'latent_sample': axes, 'sample': axes}, opset_version=18,
            dynamo=False,
        )  # fmt: skip
    vae.save_config(target)


# ---------------------------------------------------------------------------------------------------
# The folder


def write_tokenizers(folder: Path) -> None:
    merges = clip_merges()
    for name, pad_token in (('tokenizer', END), ('tokenizer_2', '!')):
        config, special = tokenizer_settings(pad_token)
        texts = {
            'merges.txt': '\n'.join(['#version: 0.2', *merges, '']),
            'vocab.json': json.dumps(clip_vocabulary(merges)),
            'tokenizer_config.json': json.dumps(config),
            'special_tokens_map.json': json.dumps(special),
        }
        (folder / name).mkdir()
        for file, text in texts.items():
            (folder / name / file).write_text(text)


def write_index(folder: Path, vae: str) -> None:
    scheduler = {
        '_class_name': 'EulerAncestralDiscreteScheduler', 'beta_start': 0.00085, 'beta_end': 0.012,
        'beta_schedule': 'scaled_linear', 'num_train_timesteps': 1000, 'prediction_type': 'epsilon',
        'timestep_spacing': 'trailing',
    }  # fmt: skip
    (folder / 'scheduler').mkdir()
    (folder / 'scheduler' / 'scheduler_config.json').write_text(json.dumps(scheduler))
    index = {
        '_class_name': 'StableDiffusionXLPipeline', 'force_zeros_for_empty_prompt': True,
        'text_encoder': ['transformers', 'CLIPTextModel'],
        'text_encoder_2': ['transformers', 'CLIPTextModelWithProjection'],
        'tokenizer': ['transformers', 'CLIPTokenizer'], 'tokenizer_2': ['transformers', 'CLIPTokenizer'],
        'unet': ['diffusers', 'UNet2DConditionModel'],
        'vae': ['diffusers', 'AutoencoderKL' if vae == 'kl' else 'AutoencoderTiny'],
        'scheduler': ['diffusers', scheduler['_class_name']],
    }  # fmt: skip
    (folder / 'model_index.json').write_text(json.dumps(index))
    (folder / 'README.md').write_text(README)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', type=Path)
    parser.add_argument('--exporter', choices=['legacy', 'dynamo'], default='legacy')
    parser.add_argument('--type', choices=['float16', 'float32'], default='float16')
    parser.add_argument('--vae', choices=['tiny', 'kl'], default='tiny')
    parser.add_argument('--layers', default='0,2,10')
    parser.add_argument('--text-from', type=Path)
    arguments = parser.parse_args()
    folder, dtype = arguments.folder, getattr(torch, arguments.type)
    layers = tuple(int(count) for count in arguments.layers.split(','))
    folder.mkdir(parents=True)
    write_index(folder, arguments.vae)
    if arguments.text_from:
        for part in ('tokenizer', 'tokenizer_2', 'text_encoder', 'text_encoder_2', 'vae_decoder'):
            shutil.copytree(arguments.text_from / part, folder / part, copy_function=os.link)
    else:
        write_tokenizers(folder)
        export_vae(folder / 'vae_decoder', arguments.vae, dtype)
        for name, config in text_configs().items():
            export_text(folder / name, name, config, dtype)
            gc.collect()
    export_unet(folder / 'unet', layers, arguments.exporter, dtype)


if __name__ == '__main__':
    main()
