"""Exports a Stable Diffusion XL model in diffusers form to ONNX files, in the folder layout of Optimum.

    python export_onnx.py DIFFUSERS_DIR OUT_DIR [--exporter legacy|dynamo] [--components unet,vae_decoder]

The names, dtypes and dynamic axes of inputs and outputs are those of Optimum's own export
(optimum-onnx 0.1.0, `exporters/onnx/model_configs.py`), with one addition: `AutoencoderTiny`, which
Optimum does not export, yields `latent_sample` as Optimum's deterministic encoders (DC-AE) do.

Weights are rounded to float16 and stored so; a `Cast` brings each to float32 inside the graph, so that
everything is computed in float32 and every floating input and output is float32. The script runs each graph
in ONNX Runtime against torch, at the traced shape and at another, and fails when they disagree.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import diffusers
import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import torch
import transformers
from onnx_ir.passes import common as ir_passes
from onnxscript import optimizer

OPSET = 18  # Optimum's default
TOLERANCE = 1e-4  # largest error against torch, relative to the largest value; float32 on both sides
MIN_HALF_ELEMENTS = 64  # smaller constants stay float32: a Cast would cost more than it saves
MIN_EXTERNAL_BYTES = 1024  # smaller tensors stay in the graph
MAX_INLINE_BYTES = 64 * 2**20  # graphs with more weights than this get a data file, as the U-net always does
KEPT_METADATA = 'pkg.torch.onnx.name_scopes'  # the module path: the dynamo exporter's node names lack it

Axes = dict[str, dict[int, str]]


@dataclass
class Component:
    """One graph of the pipeline: a module whose `forward` takes and returns tensors in the order of the names."""

    name: str
    module: torch.nn.Module
    inputs: Axes
    outputs: Axes
    make_inputs: Callable[[int, int, int], tuple[torch.Tensor, ...]]  # (batch, scale of the spatial size, length)
    size_units: dict[str, int]  # dynamic axis -> the number that it must be a multiple of
    is_external: bool = False


# ---------------------------------------------------------------------------------------------------
# The four kinds of graph


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
        return call(sample, timestep, encoder_hidden_states, added_cond_kwargs=added, return_dict=False)[0]

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
    return Component('unet', model, inputs, {'out_sample': image}, make_inputs, units, is_external=True)


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
        'vae_decoder', model, {'latent_sample': axes}, {'sample': result}, make_inputs,
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
        loaded = getattr(libraries[library], class_name).from_pretrained(source / name, dtype=torch.float32)
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


# ---------------------------------------------------------------------------------------------------
# torch -> ONNX


def export(component: Component, exporter: str, folder: Path) -> ir.Model:
    """Traces the module with one of torch's two exporters."""
    inputs = component.make_inputs(2, 1, 16)
    names = {'input_names': [*component.inputs], 'output_names': [*component.outputs], 'opset_version': OPSET}
    path = folder / 'traced.onnx'
    with torch.no_grad(), contextlib.redirect_stdout(sys.stderr):
        if exporter == 'legacy':
            axes = {**component.inputs, **component.outputs}
            torch.onnx.export(component.module, inputs, str(path), dynamic_axes=axes, dynamo=False, **names)
        else:
            shapes = dynamic_shapes(component)
            program = torch.onnx.export(component.module, inputs, dynamic_shapes=shapes, dynamo=True, **names)
            program.save(str(path), external_data=True)
    return ir.external_data.load_to_model(ir.load(path))  # the traced file goes away with its folder


def dynamic_shapes(component: Component) -> tuple[dict[int, object], ...]:
    """The dynamic axes in the dynamo exporter's terms: one symbol an axis name, times the unit it comes in."""
    symbols: dict[str, object] = {}
    for axes in component.inputs.values():
        for name in axes.values():
            unit = component.size_units.get(name, 1)
            symbols[name] = torch.export.Dim(name) if unit == 1 else unit * torch.export.Dim(f'{name}_{unit}')
    return tuple({axis: symbols[name] for axis, name in axes.items()} for axes in component.inputs.values())


# ---------------------------------------------------------------------------------------------------
# The graph after the exporter


def simplify(model: ir.Model) -> None:
    """Folds what is constant and merges equal constants. Node names stay, so the module paths do."""
    optimizer.fold_constants(model, onnx_shape_inference=True)
    for apply in (
        ir_passes.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        ir_passes.DeduplicateInitializersPass(size_limit=sys.maxsize),
        ir_passes.RemoveUnusedNodesPass(),
    ):
        apply(model)


def store_half(model: ir.Model) -> int:
    """Stores float32 weights as float16, with a `Cast` before the first node that reads each.

    The cast carries the module path of that node. Returns how many large weights stayed float32 because
    float16 cannot hold them exactly (products that the exporter folded).
    """
    graph, inexact_count = model.graph, 0
    positions = {node: position for position, node in enumerate(graph)}
    for name, value in [*graph.initializers.items()]:
        tensor = value.const_value
        if tensor.dtype != ir.DataType.FLOAT or tensor.size < MIN_HALF_ELEMENTS or not value.uses():
            continue
        exact = tensor.numpy()
        with np.errstate(over='ignore'):
            half = exact.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), exact):
            inexact_count += 1
            continue
        uses = [*value.uses()]
        reader = min((use.node for use in uses), key=positions.__getitem__)
        cast = ir.node('Cast', [value], {'to': ir.DataType.FLOAT}, name=f'{reader.name}/{name}_Cast')
        scopes = reader.metadata_props.get(KEPT_METADATA)
        if scopes:
            cast.metadata_props[KEPT_METADATA] = scopes
        cast.outputs[0].name = f'{name}_f32'
        for use in uses:
            use.node.replace_input_with(use.idx, cast.outputs[0])
        graph.insert_before(reader, cast)
        value.const_value = ir.tensor(half, name=name)
        value.dtype = ir.DataType.FLOAT16
    return inexact_count


def strip(model: ir.Model) -> None:
    """Removes doc strings, stack traces and whatever else the exporter notes, but the module paths."""
    graph = model.graph
    model.doc_string = graph.doc_string = None
    model.metadata_props.clear()
    graph.metadata_props.clear()
    values = [*graph.inputs, *graph.outputs, *graph.initializers.values()]
    for node in graph:
        node.doc_string = None
        scopes = node.metadata_props.get(KEPT_METADATA)
        node.metadata_props.clear()
        if scopes:
            node.metadata_props[KEPT_METADATA] = scopes
        values.extend(node.outputs)
    for value in values:
        value.doc_string = None
        value.metadata_props.clear()


def declare(model: ir.Model, component: Component, results: tuple[torch.Tensor, ...], keeps_types: bool) -> None:
    """Declares inputs and outputs with dtype, rank and dims; the types of inner values stay only for dynamo's."""
    graph = model.graph
    given = component.make_inputs(2, 1, 16)
    for values, axes, tensors in (
        (graph.inputs, component.inputs, given),
        (graph.outputs, component.outputs, results),
    ):
        for value, (name, dynamic), tensor in zip(values, axes.items(), tensors, strict=True):
            if value.name != name:
                raise SystemExit(f'{component.name}: expected "{name}", the exporter wrote "{value.name}"')
            value.shape = ir.Shape([dynamic.get(axis, size) for axis, size in enumerate(tensor.shape)])
    for value in graph.initializers.values():
        value.type, value.shape = None, None  # the tensor itself says both
    if keeps_types:
        return
    ends = {id(value) for value in (*graph.inputs, *graph.outputs)}
    for node in graph:
        for value in node.outputs:
            if id(value) not in ends:
                value.type, value.shape = None, None


def write(model: ir.Model, folder: Path, is_external: bool) -> None:
    """Writes `model.onnx`, and the larger weights into `model.onnx_data` beside it where there are many."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / 'model.onnx'
    for old in (path, folder / 'model.onnx_data'):
        old.unlink(missing_ok=True)
    size_bytes = sum(value.const_value.nbytes for value in model.graph.initializers.values())
    if is_external or size_bytes > MAX_INLINE_BYTES:
        ir.save(model, path, external_data='model.onnx_data', size_threshold_bytes=MIN_EXTERNAL_BYTES)
    else:
        ir.save(model, path)


# ---------------------------------------------------------------------------------------------------
# Proof


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    """Largest absolute difference over the largest absolute value."""
    if got.shape != expected.shape or got.dtype != expected.dtype:
        raise SystemExit(f'{got.dtype}{got.shape} where torch has {expected.dtype}{expected.shape}')
    return float(np.abs(got - expected).max() / np.abs(expected).max())


def verify(component: Component, path: Path) -> float:
    """Runs the written file in ONNX Runtime against torch at three shapes; returns the largest relative error."""
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    worst = 0.0
    for shape in ((2, 1, 16), (1, 2, 23), (3, 1, 9)):
        inputs = component.make_inputs(*shape)
        with torch.no_grad():
            expected = as_tuple(component.module(*inputs))
        feeds = {name: tensor.numpy() for name, tensor in zip(component.inputs, inputs, strict=True)}
        got = session.run([*component.outputs], feeds)
        for name, left, right in zip(component.outputs, got, expected, strict=True):
            error = relative_error(left, right.numpy())
            if not error <= TOLERANCE:
                raise SystemExit(f'{component.name}: {name} differs from torch by {error:.2e} of its largest value')
            worst = max(worst, error)
    return worst


def as_tuple(result: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return result if isinstance(result, tuple) else (result,)


def describe(path: Path) -> Iterator[str]:
    """One line an input and output, as the file declares them."""
    graph = onnx.load(path, load_external_data=False).graph
    for arrow, values in (('->', graph.input), ('<-', graph.output)):
        for value in values:
            tensor = value.type.tensor_type
            dims = ', '.join(dim.dim_param or str(dim.dim_value) for dim in tensor.shape.dim)
            yield f'  {arrow} {value.name} {onnx.TensorProto.DataType.Name(tensor.elem_type).lower()} [{dims}]'


# ---------------------------------------------------------------------------------------------------
# The folder


def copy_json(source: Path, target: Path) -> None:
    """Copies a configuration without the key that names the folder it was loaded from."""
    content = json.loads(source.read_text())
    content.pop('_name_or_path', None)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(content, indent=2) + '\n')


def copy_settings(source: Path, target: Path) -> None:
    """Copies what is not a graph: index, scheduler, tokenizers and each component's configuration."""
    copy_json(source / 'model_index.json', target / 'model_index.json')
    copy_json(source / 'scheduler/scheduler_config.json', target / 'scheduler/scheduler_config.json')
    for folder in sorted(source.glob('tokenizer*')):
        (target / folder.name).mkdir(parents=True, exist_ok=True)
        for name in ('vocab.json', 'merges.txt', 'tokenizer_config.json', 'special_tokens_map.json'):
            shutil.copyfile(folder / name, target / folder.name / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path, help='folder of a StableDiffusionXLPipeline')
    parser.add_argument('target', type=Path, help='folder to write')
    parser.add_argument('--exporter', choices=('legacy', 'dynamo'), default='legacy')
    parser.add_argument('--components', help='only these, separated by commas; default: all')
    arguments = parser.parse_args()
    warnings.filterwarnings('ignore')
    logging.disable(logging.WARNING)
    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    torch.set_num_threads(2)

    makers = load_components(arguments.source)
    wanted = arguments.components.split(',') if arguments.components else [*makers]
    copy_settings(arguments.source, arguments.target)
    for name in wanted:
        component = makers[name]()
        config_folder = 'vae' if name.startswith('vae') else name
        copy_json(arguments.source / config_folder / 'config.json', arguments.target / name / 'config.json')
        with torch.no_grad():
            results = as_tuple(component.module(*component.make_inputs(2, 1, 16)))
        with tempfile.TemporaryDirectory() as folder:
            model = export(component, arguments.exporter, Path(folder))
            simplify(model)
            inexact_count = store_half(model)
            strip(model)
            declare(model, component, results, keeps_types=arguments.exporter == 'dynamo')
            model.producer_name, model.producer_version = 'pytorch', torch.__version__.split('+')[0]
            write(model, arguments.target / name, component.is_external)
        path = arguments.target / name / 'model.onnx'
        error = verify(component, path)
        size_bytes = sum(file.stat().st_size for file in path.parent.glob('model.onnx*'))
        print(
            f'{name}: {len(model.graph)} nodes, {size_bytes / 1e6:.2f} MB, {inexact_count} large weights in float32, '
            f'largest error {error:.1e} of the largest value'
        )
        print(*describe(path), sep='\n')
    total_bytes = sum(file.stat().st_size for file in arguments.target.rglob('*') if file.is_file())
    print(f'{arguments.target.name}: {total_bytes / 1e6:.2f} MB in all')


if __name__ == '__main__':
    main()
