"""Writes the model folder that ships as one that diffusers loads: the way back from export_onnx.py.

    python import_onnx.py MODEL OUT

MODEL is `models/mini`, OUT a folder for `StableDiffusionXLPipeline.from_pretrained`: what golden
values and copied Python need, without training anew. Weights are the float16 values of the files.
Fails when a weight does not fit or is missing, or when a graph and its module disagree.
"""

import argparse
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from onnx import numpy_helper
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from export_diffusers import INDEX

TOLERANCE = 1e-4
"""Largest error against the graph, relative to the largest value; float32 on both sides."""
COPIED = ('scheduler', 'tokenizer', 'tokenizer_2')
READERS = {
    'Conv': (('weight', 1), ('bias', 2)),
    'Gemm': (('weight', 1), ('bias', 2)),
    'LayerNormalization': (('weight', 1), ('bias', 2)),
    'Gather': (('weight', 0),),
}
"""Which inputs of a node are its module's parameters."""
NESTED = re.compile(r'\b(\w+)\.\1\.(\d)')
"""A sequence that is called itself is named twice: `layers/layers.0`."""


def weights_of(graph: Path) -> dict[str, Tensor]:
    """Weights by the names of their modules. A node is named after the module that it is part of;
    names of stored weights tell less, since equal ones are stored once and others are numbered."""
    model = onnx.load(graph)
    values = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == 'Cast' and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    found = {}
    for node in model.graph.node:
        module = NESTED.sub(r'\1.\2', '.'.join(node.name.strip('/').split('/')[:-1]))
        given = [values.get(name) for name in node.input]
        for name, place in READERS.get(node.op_type, ()):
            if place < len(given) and given[place] is not None:
                found[f'{module}.{name}'] = _tensor(given[place])
        known = [value for value in given if value is not None and value.dtype.kind == 'f']
        if len(known) != 1:
            continue
        if node.op_type == 'MatMul' and known[0].ndim == 2:
            found[f'{module}.weight'] = _tensor(known[0].T)
        elif node.op_type == 'Add':
            found[f'{module}.bias'] = _tensor(known[0].reshape(-1))
        elif node.op_type == 'Mul':
            found[f'{module}.weight'] = _tensor(known[0].reshape(-1))
    return found


def _tensor(value: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(value, np.float32))


def fill(module: nn.Module, graphs: list[Path]) -> None:
    """Sets every parameter; one that no graph has, or has in another shape, is refused."""
    found = {name: value for graph in graphs for name, value in weights_of(graph).items()}
    for name, parameter in module.named_parameters():
        if name not in found:
            raise ValueError(f'{graphs[0].parent.name} has no {name}')
        if found[name].shape != parameter.shape:
            raise ValueError(f'{name}: {tuple(found[name].shape)} for {tuple(parameter.shape)}')
        parameter.data = found[name]
    module.eval()


@torch.no_grad()
def check(graph: Path, inputs: dict[str, Tensor], run: Callable[..., Tensor], output: str) -> None:
    """Refuses a module that does not compute what the graph does."""
    session = onnxruntime.InferenceSession(graph)
    wanted = session.run([output], {name: value.numpy() for name, value in inputs.items()})[0]
    got = run(*inputs.values()).numpy()
    error = float(np.abs(got - wanted).max() / np.abs(wanted).max())
    print(f'{graph.parent.name}: largest error {error:.1e} of the largest value', flush=True)
    if error > TOLERANCE:
        raise ValueError(f'{graph.parent.name} and its module disagree by {error:.1e}')


def config_of(folder: Path) -> dict:
    return json.loads((folder / 'config.json').read_text())


def import_text(folder: Path, kind: type, out: Path) -> None:
    model = kind(CLIPTextConfig(**config_of(folder)))
    fill(model, [folder / 'model.onnx'])
    length = model.config.max_position_embeddings
    ids = torch.arange(2 * length).reshape(2, length) % model.config.vocab_size
    ids[:, -1] = model.config.eos_token_id
    check(folder / 'model.onnx', {'input_ids': ids}, lambda i: model(i)[0], _first_output(folder))
    model.half().save_pretrained(out)


def _first_output(folder: Path) -> str:
    return onnx.load(folder / 'model.onnx').graph.output[0].name


def import_unet(folder: Path, out: Path) -> None:
    model = UNet2DConditionModel.from_config(config_of(folder))
    fill(model, [folder / 'model.onnx'])
    config = model.config
    size, channels = config.sample_size, config.in_channels
    pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
    rng = torch.Generator().manual_seed(1)
    inputs = {
        'sample': torch.randn(2, channels, size, size, generator=rng),
        'timestep': torch.tensor(500.0),
        'encoder_hidden_states': torch.randn(2, 32, config.cross_attention_dim, generator=rng),
        'text_embeds': torch.randn(2, pooled, generator=rng),
        'time_ids': torch.full((2, 6), 4.0 * size),
    }
    check(
        folder / 'model.onnx',
        inputs,
        lambda x, t, text, pooled, ids: (
            model(x, t, text, added_cond_kwargs={'text_embeds': pooled, 'time_ids': ids}).sample
        ),
        'out_sample',
    )
    model.half().save_pretrained(out)


def import_vae(folder: Path, out: Path) -> None:
    graphs = [folder / f'vae_{part}' / 'model.onnx' for part in ('encoder', 'decoder')]
    model = AutoencoderTiny.from_config(config_of(graphs[0].parent))
    fill(model, graphs)
    rng = torch.Generator().manual_seed(2)
    latents = {'latent_sample': torch.randn(1, 4, 16, 16, generator=rng)}
    check(graphs[1], latents, lambda x: model.decode(x).sample, 'sample')
    pictures = {'sample': torch.rand(1, 3, 64, 64, generator=rng) * 2 - 1}
    check(graphs[0], pictures, lambda x: model.encode(x).latents, 'latent_sample')
    model.half().save_pretrained(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model', type=Path)
    parser.add_argument('out', type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    import_text(options.model / 'text_encoder', CLIPTextModel, options.out / 'text_encoder')
    projected = options.model / 'text_encoder_2', CLIPTextModelWithProjection
    import_text(*projected, options.out / 'text_encoder_2')
    import_unet(options.model / 'unet', options.out / 'unet')
    import_vae(options.model, options.out / 'vae')
    for name in COPIED:
        shutil.copytree(options.model / name, options.out / name, dirs_exist_ok=True)
    (options.out / 'model_index.json').write_text(json.dumps(INDEX, indent=2) + '\n')


if __name__ == '__main__':
    main()
