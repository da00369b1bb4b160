import { classifyNodes, type NodeKind } from './classifyNodes.ts';
import type { OnnxGraph } from './graph.ts';
import { inferTypes } from './inferTypes.ts';
import { scopesOf } from './nodeScope.ts';
import type { ValueType } from './valueTypes.ts';

/** What proofs about a U-net's structure look at; lists are by node index. */
export interface GraphFacts {
  readonly graph: OnnxGraph;
  readonly kinds: readonly NodeKind[];
  /** Module paths. */
  readonly scopes: readonly string[];
  readonly types: ReadonlyMap<string, ValueType>;
  /** Values that depend on the latents (graph inputs with four dimensions), not only on text, time and sizes. */
  readonly imageValues: ReadonlySet<string>;
}

export function gatherFacts(graph: OnnxGraph): GraphFacts {
  const kinds = classifyNodes(graph);
  const types = inferTypes(graph);
  const latents = graph.inputs.filter(({ name }) => types.get(name)?.dims?.length === 4);
  const imageValues = new Set(latents.map(({ name }) => name));
  for (const value of imageValues) {
    for (const reader of graph.consumersOf.get(value) ?? []) {
      if (kinds[reader] !== 'data') continue;
      for (const output of graph.nodes[reader]?.output ?? []) imageValues.add(output);
    }
  }
  return { graph, kinds, types, scopes: scopesOf(graph, kinds), imageValues };
}
