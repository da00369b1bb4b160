import { invalidInput, modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import type { Cut } from './cutIntoSegments.ts';
import { declareValue } from './declareValue.ts';
import { type EditContext, editUpdate } from './editUpdate.ts';
import { elementType } from './elementTypes.ts';
import { asCells, encodePart } from './encodePart.ts';
import type { Stage } from './findStages.ts';
import type { NodeProto, TensorProto, ValueInfoProto } from './generated/onnx_pb.js';
import { changeGraph, type OnnxGraph, withFields } from './graph.ts';
import { inferTypes } from './inferTypes.ts';
import { NodeWriter } from './nodeWriter.ts';
import { normaliseCells } from './normaliseCells.ts';
import { checkSaeSpec, type SaeSpec } from './saeSpec.ts';
import { referToWeights } from './saeTensors.ts';
import { portName, portsOf } from './tapPorts.ts';

/** A stage to look into; without an SAE it can still be ablated, edited by directions and its update read. */
export interface Tap {
  readonly stage: Stage;
  readonly sae?: SaeSpec;
  /** Length of the code list for rules without a fixed k; what does not fit is missing from it. */
  readonly listSize?: number;
}

/** A tap as it is in the graph. Its ports' names begin with `stage.name`. */
export interface SplicedTap extends Tap {
  readonly width: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface SplicedGraph {
  readonly graph: OnnxGraph;
  /** In the order in which the stages run. */
  readonly taps: readonly SplicedTap[];
  /**
   * Where to cut the graph for a chain: after each stage and before its tap, so that a picture that is edited there
   * shares the whole stage with the unedited one. A tap reads in the segment after its stage.
   */
  readonly cuts: readonly Cut[];
}

const defaultListSize = 64;
/** `ReduceSum`, `Unsqueeze` and `Squeeze` take their axes as inputs from here on. */
const opsetMin = 13;

/**
 * Splices taps into a U-net's graph. The node that made a stage's output makes `<output>__pre` instead, and the tap
 * makes `output` from it, so that nothing after the stage changes. SAE weights stay in their file; SAE arithmetic is
 * float32 in float16 graphs too.
 *
 * @throws `invalidInput` for an SAE that does not fit its stage, `model` for a graph that cannot take a tap
 */
export function spliceTaps(graph: OnnxGraph, taps: readonly Tap[]): SplicedGraph {
  const proto = graph.model.graph;
  if (!proto) throw modelError('This ONNX file holds no graph.');
  if (graph.opset < opsetMin) {
    throw modelError(
      `The graph uses operator set ${graph.opset}; tapping needs ${opsetMin} or newer. Export it again.`,
    );
  }
  const types = inferTypes(graph);
  const nodes = new Map(graph.nodes.map((node, index) => [index, node]));
  const added: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const inputs: ValueInfoProto[] = [];
  const outputs: ValueInfoProto[] = [];
  const infos: ValueInfoProto[] = [];
  const spliced: SplicedTap[] = [];
  for (const tap of inOrder(graph, taps)) {
    const { stage } = tap;
    const at = graph.producerOf.get(stage.output);
    const node = at === undefined ? undefined : nodes.get(at);
    if (at === undefined || !node) {
      throw modelError(`The graph holds no stage ${stage.path}: "${stage.output}" is not made.`);
    }
    const width = widthOf(tap);
    const pre = preOf(stage);
    const rename = (name: string): string => (name === stage.output ? pre : name);
    nodes.set(at, withFields(node, { output: node.output.map(rename) }));
    const ports = portsOf(stage.name, width, tap.sae);
    const type = types.get(stage.output)?.elementType ?? elementType.float32;
    const part = tapNodes(tap, pre, type, width, graph.opset);
    added.push(...part.nodes);
    initializers.push(...part.initializers);
    inputs.push(...ports.inputs.map(declareValue));
    outputs.push(...ports.outputs.map(declareValue));
    const isDeclared = proto.valueInfo.some(({ name }) => name === stage.output);
    if (!isDeclared) infos.push(declareValue(hiddenStates(stage, stage.output, type, width)));
    infos.push(declareValue(hiddenStates(stage, pre, type, width)));
    spliced.push({ ...tap, width, ...ports });
  }
  const changed = changeGraph(graph, {
    node: [...nodes.values(), ...added],
    initializer: [...proto.initializer, ...initializers],
    input: [...proto.input, ...inputs],
    output: [...proto.output, ...outputs],
    valueInfo: [...proto.valueInfo, ...infos],
  });
  return { graph: changed, taps: spliced, cuts: cutsAt(spliced) };
}

/** Neurons lie within their stage: what they read is made before the stage's cut. */
function cutsAt(taps: readonly SplicedTap[]): readonly Cut[] {
  const cuts: Cut[] = [];
  let outputs: string[] = [];
  for (const { stage, outputs: own } of taps) {
    const names = own.map(({ name }) => name);
    if (stage.kind === 'neurons') outputs.push(...names);
    else {
      cuts.push({ name: stage.name, value: preOf(stage), outputs });
      outputs = names;
    }
  }
  return cuts;
}

function inOrder(graph: OnnxGraph, taps: readonly Tap[]): readonly Tap[] {
  const names = new Set(taps.map(({ stage }) => stage.output));
  if (names.size < taps.length) throw invalidInput('A stage cannot be tapped twice in one graph.');
  const order = ({ stage }: Tap): number => graph.producerOf.get(stage.output) ?? -1;
  return [...taps].sort((a, b) => order(a) - order(b));
}

function widthOf({ stage, sae }: Tap): number {
  if (sae) checkSaeSpec(sae, stage.name);
  const width = stage.width ?? sae?.dModel;
  if (width === undefined) {
    throw modelError(`The stage ${stage.name} cannot be tapped: its width cannot be told.`);
  }
  if (sae && width !== sae.dModel) {
    throw invalidInput(
      `The SAE for ${stage.name} reads ${sae.dModel} channels, but the stage has ${width}.`,
    );
  }
  return width;
}

/** A stage's output before its tap. */
export const preOf = ({ output }: Stage): string => `${output}__pre`;

const hiddenStates = ({ kind }: Stage, name: string, type: number, width: number): ValueInfo => ({
  name,
  dtype: type === elementType.float16 ? 'float16' : 'float32',
  dims: (kind === 'neurons' ? ['rows', 'cells', width] : ['rows', width, 'height', 'columns']).map(
    (dim) => (typeof dim === 'number' ? dim : `${name}.${dim}`),
  ),
});

function tapNodes(
  tap: Tap,
  pre: string,
  type: number,
  width: number,
  opset: number,
): { nodes: readonly NodeProto[]; initializers: readonly TensorProto[] } {
  const { stage, sae, listSize = defaultListSize } = tap;
  const { float32 } = elementType;
  const w = new NodeWriter(`${stage.name}/tap`, opset);
  const asFloat32 = (value: string): string => (type === float32 ? value : w.cast(value, float32));
  const before = asFloat32(pre);
  const isNeurons = stage.kind === 'neurons';
  const updateName = portName(stage.name, 'update');
  const update = isNeurons
    ? inOneColumn(w, before, updateName)
    : w.ops('Sub', [before, asFloat32(stage.input)], {}, [updateName])[0]!;
  const norm = w.reduce('ReduceL2', update, 1, 0); // [rows, height, columns]
  w.ops('Reshape', [norm, w.ints([0, -1])], {}, [portName(stage.name, 'norm')]);

  const edited = w.branch('edited');
  const cells = asCells(edited, update);
  let saePart: EditContext['sae'];
  let weights: readonly TensorProto[] = [];
  if (sae) {
    const { names, tensors } = referToWeights(w, sae, `${stage.name}/sae`);
    weights = tensors;
    const isOfOutput = sae.target === 'output';
    const codes = encodePart(w, stage.name, isOfOutput ? before : update, sae, names, listSize);
    const { cell } = normaliseCells(edited, isOfOutput ? asCells(edited, before) : cells, sae);
    saePart = { weights: names, codes, cell, nFeatures: sae.nFeatures };
  }
  const delta = editUpdate(edited, { tap: stage.name, update: cells, sae: saePart });
  const back = isNeurons ? delta : edited.op('Transpose', [delta], { perm: [0, 2, 1] });
  const shaped = edited.op('Reshape', [back, edited.op('Shape', [pre])]);
  const sum = edited.op('Add', [before, shaped]);
  const result = type === float32 ? sum : edited.cast(sum, type);
  const plain = w.branch('plain');
  const same = plain.op('Identity', [pre]);
  const info = (name: string): ValueInfo => ({
    ...hiddenStates(stage, stage.output, type, width),
    name,
  });
  w.ops(
    'If',
    [portName(stage.name, 'edit')],
    { then_branch: edited.asGraph([info(result)]), else_branch: plain.asGraph([info(same)]) },
    [stage.output],
  );
  return { nodes: w.nodes, initializers: [...w.initializers, ...weights] };
}

/** `[rows, cells, width]` as an image of one column, `[rows, width, cells, 1]`: the form of every other update. */
function inOneColumn(w: NodeWriter, value: string, name: string): string {
  const turned = w.op('Transpose', [value], { perm: [0, 2, 1] });
  const [image] = w.ops('Unsqueeze', [turned, w.ints([3])], {}, [name]);
  return image!;
}
