"""Small SDXL folders with random weights as Optimum exports them, and the pictures that diffusers makes of them.

    python make_optimum.py

Writes into optimum/:
  <folder>.zip           a model folder: <VAE>-<type>[-dynamo]; VAE kl (AutoencoderKL) or tiny (AutoencoderTiny), type
                         fp32 or fp16. With "-dynamo" torch's newer exporter wrote the U-net, else Optimum wrote all.
  index.json             cases by folder (requests), versions
  pictures.safetensors   picture.<folder>.<case>  u8 [high, wide, 3]  every fourth pixel of large ones, see `stride`
                         latents.<folder>.<case>  f32 [channels, high, wide]  after the last step
Weights are random, as torch draws them (larger ones make a chaotic network, in which no two programs agree), and scaled
where each part ends so that noise predictions have variance 1 and pictures use half of
the range: with the weights as they are drawn every picture would be grey, and equal to every other.
Packages: training/requirements.txt, and optimum-onnx 0.1.0 with what it asks for.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from common import meta, start, write_bytes, write_json, write_tensors
from diffusers import AutoencoderKL, AutoencoderTiny, StableDiffusionXLPipeline, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion_xl import pipeline_stable_diffusion_xl
from diffusers.schedulers import scheduling_euler_ancestral_discrete
from make_tokenizer import END, START, byte_symbols
from optimum.exporters.onnx import main_export
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

SEED = 7
TOKEN_COUNT = 24
TEXT_WIDTH = 16
TYPES = {'fp32': torch.float32, 'fp16': torch.float16}
LARGE_STRIDE = 4
CASES = {
    'kl': [
        {'case': 'plain', 'prompt': 'a red cat', 'steps': 3, 'seed': 3, 'guidanceScale': 0.0},
        {'case': 'guided', 'prompt': 'a red cat', 'steps': 4, 'seed': 4, 'guidanceScale': 5.0},
        {'case': 'avoiding', 'prompt': 'a red cat', 'negativePrompt': 'dog', 'steps': 3, 'seed': 5, 'guidanceScale': 5.0},
        {'case': 'large', 'prompt': 'blue', 'steps': 2, 'seed': 6, 'guidanceScale': 0.0, 'width': 512, 'height': 640},
    ],
    'tiny': [
        {'case': 'plain', 'prompt': 'a red cat', 'steps': 1, 'seed': 3, 'guidanceScale': 0.0},
        {'case': 'steps', 'prompt': 'a red cat', 'steps': 4, 'seed': 4, 'guidanceScale': 0.0},
    ],
}  # fmt: skip


# ---------------------------------------------------------------------------------------------------
# A pipeline with random weights


def make_unet() -> UNet2DConditionModel:
    """SDXL's layout of blocks and stages, a hundredth of its width."""
    return UNet2DConditionModel(
        sample_size=48,
        down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'),
        up_block_types=('CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'),
        block_out_channels=(8, 16, 16),
        transformer_layers_per_block=(1, 1, 2),
        attention_head_dim=(1, 2, 2),
        norm_num_groups=2,
        use_linear_projection=True,
        addition_embed_type='text_time',
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + TEXT_WIDTH,
        cross_attention_dim=2 * TEXT_WIDTH,
    )


def make_vae(kind: str) -> AutoencoderKL | AutoencoderTiny:
    if kind == 'tiny':
        channels = (8, 8, 8, 8)
        return AutoencoderTiny(
            encoder_block_out_channels=channels, decoder_block_out_channels=channels,
            num_encoder_blocks=(1, 1, 1, 1), num_decoder_blocks=(1, 1, 1, 1),
        )  # fmt: skip
    return AutoencoderKL(
        block_out_channels=(4, 4, 8, 8),
        down_block_types=('DownEncoderBlock2D',) * 4,
        up_block_types=('UpDecoderBlock2D',) * 4,
        norm_num_groups=2,
        scaling_factor=0.13025,
    )


def scale_last(layer: torch.nn.Conv2d, factor: float, offset: float) -> None:
    """The layer's outputs times `factor`, then plus `offset`."""
    with torch.no_grad():
        layer.weight.mul_(factor)
        layer.bias.mul_(factor).add_(offset)


def calibrate(pipe: StableDiffusionXLPipeline) -> None:
    """Variance 1 of the noise prediction at the first timestep; pictures with mean 0 and deviation 0.5."""
    generator = torch.Generator().manual_seed(SEED)
    noise = torch.randn(1, 4, 24, 24, generator=generator)
    hidden, _, pooled, _ = pipe.encode_prompt('a red cat', do_classifier_free_guidance=False)
    sizes = torch.tensor([[192.0, 192, 0, 0, 192, 192]])
    added = {'text_embeds': pooled, 'time_ids': sizes}
    predicted = pipe.unet(noise, 999, encoder_hidden_states=hidden, added_cond_kwargs=added).sample
    scale_last(pipe.unet.conv_out, 1 / predicted.std().item(), 0)
    decoder = pipe.vae.decoder
    last = decoder.conv_out if hasattr(decoder, 'conv_out') else decoder.layers[-1]
    decoded = pipe.vae.decode(noise / pipe.vae.config.scaling_factor).sample
    factor = 0.5 / decoded.std().item()
    scale_last(last, factor, 0)
    mean = pipe.vae.decode(noise / pipe.vae.config.scaling_factor).sample.mean().item()
    # The tiny one gives 2x - 1 of its last layer.
    scale_last(last, 1, -mean / 2 if isinstance(pipe.vae, AutoencoderTiny) else -mean)


def write_tokenizer(folder: Path, pad_token: str) -> None:
    """Bytes and nothing else: no merges."""
    folder.mkdir(parents=True)
    symbols = byte_symbols()
    tokens = [*symbols, *(f'{symbol}</w>' for symbol in symbols), START, END]
    special = {'bos_token': START, 'eos_token': END, 'unk_token': END, 'pad_token': pad_token}
    settings = {'tokenizer_class': 'CLIPTokenizer', 'model_max_length': TOKEN_COUNT, 'do_lower_case': True, **special}
    files = {
        'vocab.json': json.dumps({token: index for index, token in enumerate(tokens)}),
        'merges.txt': '#version: 0.2\n',
        'tokenizer_config.json': json.dumps(settings),
        'special_tokens_map.json': json.dumps(special),
    }
    for name, text in files.items():
        (folder / name).write_text(text)


def make_text_config() -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=514, hidden_size=TEXT_WIDTH, projection_dim=TEXT_WIDTH, intermediate_size=32, num_hidden_layers=3,
        num_attention_heads=2, max_position_embeddings=TOKEN_COUNT, bos_token_id=512, eos_token_id=513,
        initializer_factor=3.0,
    )  # fmt: skip


def scheduler_settings(kind: str) -> dict:
    """As SDXL base and SDXL Turbo have them."""
    shared = {
        'beta_start': 0.00085, 'beta_end': 0.012, 'beta_schedule': 'scaled_linear', 'num_train_timesteps': 1000,
        'prediction_type': 'epsilon',
    }  # fmt: skip
    if kind == 'tiny':
        return {**shared, '_class_name': 'EulerAncestralDiscreteScheduler', 'timestep_spacing': 'trailing'}
    return {
        **shared, '_class_name': 'EulerDiscreteScheduler', 'timestep_spacing': 'leading', 'steps_offset': 1,
        'use_karras_sigmas': False, 'interpolation_type': 'linear',
    }  # fmt: skip


def save_pipeline(folder: Path, kind: str) -> None:
    torch.manual_seed(SEED)
    models = {
        'unet': make_unet(),
        'vae': make_vae(kind),
        'text_encoder': CLIPTextModel(make_text_config()),
        'text_encoder_2': CLIPTextModelWithProjection(make_text_config()),
    }
    for name, model in models.items():
        model.save_pretrained(folder / name)
    write_tokenizer(folder / 'tokenizer', END)
    write_tokenizer(folder / 'tokenizer_2', '!')
    (folder / 'scheduler').mkdir()
    settings = scheduler_settings(kind)
    (folder / 'scheduler' / 'scheduler_config.json').write_text(json.dumps(settings))
    classes = {name: [type(model).__module__.split('.')[0], type(model).__name__] for name, model in models.items()}
    index = {
        '_class_name': 'StableDiffusionXLPipeline', 'force_zeros_for_empty_prompt': True, **classes,
        'tokenizer': ['transformers', 'CLIPTokenizer'], 'tokenizer_2': ['transformers', 'CLIPTokenizer'],
        'scheduler': ['diffusers', settings['_class_name']], 'feature_extractor': [None, None],
        'image_encoder': [None, None], 'add_watermarker': None,
    }  # fmt: skip
    (folder / 'model_index.json').write_text(json.dumps(index))
    pipe = load(folder, torch.float32)
    with torch.inference_mode():
        calibrate(pipe)
    pipe.unet.save_pretrained(folder / 'unet')
    pipe.vae.save_pretrained(folder / 'vae')


def load(folder: Path, dtype: torch.dtype) -> StableDiffusionXLPipeline:
    pipe = StableDiffusionXLPipeline.from_pretrained(folder, torch_dtype=dtype, add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


# ---------------------------------------------------------------------------------------------------
# Exports and pictures


def export_optimum(source: Path, kl_source: Path, target: Path, type_name: str) -> None:
    """Optimum 2.1 knows no AutoencoderTiny: it gets the other VAE in its place, which `export_tiny_vae` replaces."""
    stand_in = target.with_name(f'{target.name}-source')
    shutil.copytree(source, stand_in)
    shutil.copytree(kl_source / 'vae', stand_in / 'vae', dirs_exist_ok=True)
    shutil.copy(kl_source / 'vae' / 'config.json', stand_in / 'vae')
    index = json.loads((source / 'model_index.json').read_text())
    index['vae'] = ['diffusers', 'AutoencoderKL']
    (stand_in / 'model_index.json').write_text(json.dumps(index))
    main_export(
        str(stand_in), target, task='text-to-image', dtype=type_name, do_validation=False, local_files_only=True
    )
    shutil.rmtree(target / 'vae_encoder', ignore_errors=True)


class TinyDecoder(torch.nn.Module):
    def __init__(self, vae: AutoencoderTiny) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latent_sample: torch.Tensor) -> torch.Tensor:
        return self.vae.decode(latent_sample, return_dict=False)[0]


def export_tiny_vae(pipe: StableDiffusionXLPipeline, folder: Path) -> None:
    """Into the place of Optimum's, under the same names of inputs and outputs."""
    shutil.rmtree(folder)
    folder.mkdir()
    axes = {0: 'rows', 2: 'high', 3: 'wide'}
    torch.onnx.export(
        TinyDecoder(pipe.vae).eval(), (torch.zeros(1, 4, 16, 16, dtype=pipe.vae.dtype),), folder / 'model.onnx',
        input_names=['latent_sample'], output_names=['sample'], dynamo=False, opset_version=17,
        dynamic_axes={'latent_sample': axes, 'sample': axes},
    )  # fmt: skip
    pipe.vae.save_config(folder)


class UnetForExport(torch.nn.Module):
    """The U-net with its inputs by position, under the names that Optimum gives them."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, encoder_hidden_states, text_embeds, time_ids):  # noqa: ANN001, ANN201
        added = {'text_embeds': text_embeds, 'time_ids': time_ids}
        return self.unet(sample, timestep, encoder_hidden_states, added_cond_kwargs=added, return_dict=False)[0]


def export_dynamo(pipe: StableDiffusionXLPipeline, path: Path) -> None:
    dtype = pipe.unet.dtype
    inputs = {
        'sample': torch.zeros(2, 4, 48, 48, dtype=dtype),
        'timestep': torch.tensor([999.0], dtype=dtype),
        'encoder_hidden_states': torch.zeros(2, TOKEN_COUNT, 2 * TEXT_WIDTH, dtype=dtype),
        'text_embeds': torch.zeros(2, TEXT_WIDTH, dtype=dtype),
        'time_ids': torch.zeros(2, 6, dtype=dtype),
    }
    rows = torch.export.Dim('rows', max=64)
    high, wide = (torch.export.Dim(f'{name}_quarters', min=2, max=64) for name in ('high', 'wide'))
    shapes = {name: None if name == 'timestep' else {0: rows} for name in inputs}
    shapes['sample'] = {0: rows, 2: 4 * high, 3: 4 * wide}
    # The exporter leaves a Concat of float16 with these float32 numbers, which ONNX does not know.
    hook = pipe.unet.add_time_proj.register_forward_hook(lambda _module, _inputs, output: output.to(dtype))
    torch.onnx.export(
        UnetForExport(pipe.unet).eval(), tuple(inputs.values()), path, input_names=list(inputs),
        output_names=['out_sample'], dynamo=True, dynamic_shapes=shapes, external_data=False,
    )  # fmt: skip
    hook.remove()
    strip(path)


def strip(path: Path) -> None:
    """Stack traces and source lines name the exporting machine's folders."""
    import onnx

    model = onnx.load(path)
    kept = {'namespace', 'pkg.torch.onnx.name_scopes'}
    for node in [*model.graph.node, *(node for function in model.functions for node in function.node)]:
        node.doc_string = ''
        entries = [entry for entry in node.metadata_props if entry.key in kept]
        del node.metadata_props[:]
        node.metadata_props.extend(entries)
    model.doc_string = ''
    onnx.save(model, path)


def draw_in_float32(shape: tuple, generator: torch.Generator, dtype: torch.dtype, **_: object) -> torch.Tensor:
    """In place of diffusers' own: torch draws another stream in float16, and a seed should mean one picture."""
    return torch.randn(shape, generator=generator).to(dtype)


def run(pipe: StableDiffusionXLPipeline, request: dict) -> tuple[np.ndarray, torch.Tensor]:
    last = {}

    def keep(_pipe: object, _index: int, _timestep: object, values: dict) -> dict:
        last['latents'] = values['latents'][0].float().clone()
        return {}

    picture = pipe(
        prompt=request['prompt'], negative_prompt=request.get('negativePrompt'), num_inference_steps=request['steps'],
        guidance_scale=request['guidanceScale'], width=request.get('width', 128), height=request.get('height', 128),
        callback_on_step_end=keep, output_type='np', generator=torch.Generator().manual_seed(request['seed']),
    ).images[0]  # fmt: skip
    return (picture * 255).round().astype(np.uint8), last['latents']


def without_paths(path: Path) -> bytes:
    """A file's bytes; of a configuration without the folder that it was read from."""
    if path.suffix != '.json':
        return path.read_bytes()
    content = json.loads(path.read_text())
    content.pop('_name_or_path', None)
    return (json.dumps(content, indent=1) + '\n').encode()


def zip_folder(folder: Path) -> bytes:
    """A ZIP whose bytes repeat: sorted, without times."""
    file = BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob('*')):
            if path.is_dir():
                continue
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, without_paths(path), compresslevel=9)
    return file.getvalue()


def main() -> None:
    start()
    pipeline_stable_diffusion_xl.randn_tensor = draw_in_float32
    scheduling_euler_ancestral_discrete.randn_tensor = draw_in_float32
    tensors, folders = {}, []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for kind, cases in CASES.items():
            source = work / kind
            save_pipeline(source, kind)
            for type_name, dtype in TYPES.items():
                folder = f'{kind}-{type_name}'
                target = work / folder
                export_optimum(source, work / 'kl', target, type_name)
                pipe = load(source, dtype)
                if kind == 'tiny':
                    export_tiny_vae(pipe, target / 'vae_decoder')
                write_bytes(f'optimum/{folder}.zip', zip_folder(target))
                for request in cases:
                    with torch.inference_mode():
                        picture, latents = run(pipe, request)
                    spread = picture.astype(np.float32).std()
                    print(folder, request['case'], picture.shape, 'deviation of pixels', round(float(spread), 1))
                    stride = LARGE_STRIDE if 'width' in request else 1
                    key = f'{folder}.{request["case"]}'
                    tensors[f'picture.{key}'] = torch.from_numpy(picture[::stride, ::stride].copy())
                    tensors[f'latents.{key}'] = latents
                folders.append({'name': folder, 'like': folder, 'cases': cases})
                if kind == 'kl':
                    (target / 'unet' / 'model.onnx').unlink()
                    export_dynamo(pipe, target / 'unet' / 'model.onnx')
                    write_bytes(f'optimum/{folder}-dynamo.zip', zip_folder(target))
                    folders.append({'name': f'{folder}-dynamo', 'like': folder, 'cases': cases})
    packages = ['torch', 'diffusers', 'transformers', 'optimum', 'optimum-onnx', 'onnx', 'numpy']
    record = meta('make_optimum.py', packages, seed=SEED, stride=LARGE_STRIDE)
    write_tensors('optimum/pictures.safetensors', tensors, record)
    write_json('optimum/index.json', {'meta': record, 'folders': folders})


if __name__ == '__main__':
    main()
