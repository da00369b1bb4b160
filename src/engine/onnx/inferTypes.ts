import { readSmallTensor } from './constants.ts';
import { declaredType } from './declaredType.ts';
import type { OnnxGraph } from './graph.ts';
import { shapeRules } from './shapeRules.ts';
import type { Dim, ValueType } from './valueTypes.ts';

/** A U-net's thousands of nodes take 30 ms, and stages are found in the same graph that is then spliced. */
const known = new WeakMap<OnnxGraph, ReadonlyMap<string, ValueType>>();

/**
 * Element types and shapes of a graph's values: what the file declares, completed by rules for the operations of a
 * U-net. Values of other operations stay out of the map; no guess is made.
 */
export function inferTypes(graph: OnnxGraph): ReadonlyMap<string, ValueType> {
  const types = known.get(graph) ?? typesOf(graph);
  known.set(graph, types);
  return types;
}

function typesOf(graph: OnnxGraph): ReadonlyMap<string, ValueType> {
  const types = new Map<string, ValueType>();
  const elements = new Map<string, readonly Dim[]>();
  for (const tensor of graph.initializers.values()) {
    types.set(tensor.name, { elementType: tensor.dataType, dims: tensor.dims.map(Number) });
    const values = readSmallTensor(tensor);
    if (values) elements.set(tensor.name, values);
  }
  const declared = [...graph.inputs, ...(graph.model.graph?.valueInfo ?? []), ...graph.outputs];
  for (const info of declared) {
    const type = declaredType(info);
    if (type) types.set(info.name, type);
  }
  for (const node of graph.nodes) {
    shapeRules.get(node.opType)?.({
      node,
      type: (index) => types.get(node.input[index] ?? ''),
      elements: (index) => elements.get(node.input[index] ?? ''),
      set: (index, type, values) => {
        const name = node.output[index];
        if (name === undefined || name === '') return;
        const known = types.get(name);
        if (!known) types.set(name, type);
        else if (!known.dims && type.dims) types.set(name, { ...known, dims: type.dims });
        if (values) elements.set(name, values);
      },
    });
  }
  return types;
}
