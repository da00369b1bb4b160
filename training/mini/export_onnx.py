"""Exports a Stable Diffusion XL model in diffusers form to ONNX files, in the folder layout of Optimum.

    python export_onnx.py DIFFUSERS_DIR OUT_DIR [--exporter legacy|dynamo] [--components unet,vae_decoder]

What each graph takes and gives is in `onnx_components.py`.

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
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import torch
import transformers
from onnx_ir.passes import common as ir_passes
from onnxscript import optimizer

from onnx_components import Component, load_components

OPSET = 18
"""Optimum's default."""
TOLERANCE = 1e-4
"""Largest error against torch, relative to the largest value; float32 on both sides."""
MIN_HALF_ELEMENTS = 64
"""Smaller constants stay float32: a Cast would cost more than it saves."""
MIN_EXTERNAL_BYTES = 1024
"""Smaller tensors stay in the graph."""
MAX_INLINE_BYTES = 64 * 2**20
"""Graphs with more weights than this get a data file, as the U-net always does."""
KEPT_METADATA = 'pkg.torch.onnx.name_scopes'
"""The module path: the dynamo exporter's node names lack it."""

# ---------------------------------------------------------------------------------------------------
# torch -> ONNX


def export(component: Component, exporter: str, folder: Path) -> ir.Model:
    """Traces the module with one of torch's two exporters."""
    inputs = component.make_inputs(2, 1, 16)
    names = {
        'input_names': [*component.inputs],
        'output_names': [*component.outputs],
        'opset_version': OPSET,
    }
    path = folder / 'traced.onnx'
    with torch.no_grad(), contextlib.redirect_stdout(sys.stderr):
        if exporter == 'legacy':
            axes = {**component.inputs, **component.outputs}
            torch.onnx.export(
                component.module, inputs, str(path), dynamic_axes=axes, dynamo=False, **names
            )
        else:
            shapes = dynamic_shapes(component)
            program = torch.onnx.export(
                component.module, inputs, dynamic_shapes=shapes, dynamo=True, **names
            )
            program.save(str(path), external_data=True)
    return ir.external_data.load_to_model(
        ir.load(path)
    )  # the traced file goes away with its folder


def dynamic_shapes(component: Component) -> tuple[dict[int, object], ...]:
    """The dynamic axes in the dynamo exporter's terms: one symbol an axis name, times the unit it comes in."""
    symbols: dict[str, object] = {}
    for axes in component.inputs.values():
        for name in axes.values():
            unit = component.size_units.get(name, 1)
            symbols[name] = (
                torch.export.Dim(name) if unit == 1 else unit * torch.export.Dim(f'{name}_{unit}')
            )
    return tuple(
        {axis: symbols[name] for axis, name in axes.items()} for axes in component.inputs.values()
    )


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
        cast = ir.node(
            'Cast', [value], {'to': ir.DataType.FLOAT}, name=f'{reader.name}/{name}_Cast'
        )
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


def declare(
    model: ir.Model, component: Component, results: tuple[torch.Tensor, ...], keeps_types: bool
) -> None:
    """Declares inputs and outputs with dtype, rank and dims; the types of inner values stay only for dynamo's."""
    graph = model.graph
    given = component.make_inputs(2, 1, 16)
    for values, axes, tensors in (
        (graph.inputs, component.inputs, given),
        (graph.outputs, component.outputs, results),
    ):
        for value, (name, dynamic), tensor in zip(values, axes.items(), tensors, strict=True):
            if value.name != name:
                raise SystemExit(
                    f'{component.name}: expected "{name}", the exporter wrote "{value.name}"'
                )
            value.shape = ir.Shape(
                [dynamic.get(axis, size) for axis, size in enumerate(tensor.shape)]
            )
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
        ir.save(
            model, path, external_data='model.onnx_data', size_threshold_bytes=MIN_EXTERNAL_BYTES
        )
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
        feeds = {
            name: tensor.numpy() for name, tensor in zip(component.inputs, inputs, strict=True)
        }
        got = session.run([*component.outputs], feeds)
        for name, left, right in zip(component.outputs, got, expected, strict=True):
            error = relative_error(left, right.numpy())
            if not error <= TOLERANCE:
                raise SystemExit(
                    f'{component.name}: {name} differs from torch by {error:.2e} of its largest value'
                )
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
    copy_json(
        source / 'scheduler/scheduler_config.json', target / 'scheduler/scheduler_config.json'
    )
    for folder in sorted(source.glob('tokenizer*')):
        (target / folder.name).mkdir(parents=True, exist_ok=True)
        for name in (
            'vocab.json',
            'merges.txt',
            'tokenizer_config.json',
            'special_tokens_map.json',
        ):
            shutil.copyfile(folder / name, target / folder.name / name)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
        copy_json(
            arguments.source / config_folder / 'config.json',
            arguments.target / name / 'config.json',
        )
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
