import { elementType } from './elementTypes.ts';
import { findStagesIn, type FoundStages, type Stage } from './findStages.ts';
import type { OnnxGraph } from './graph.ts';
import { gatherFacts, type GraphFacts } from './graphFacts.ts';
import { leavingValues } from './proveResidual.ts';

/**
 * The feed-forward neurons of every cross-attention stage: what `….transformer_blocks.N.ff.net.0` (an activation behind a
 * projection) gives to the projection back, `[rows, cells, neurons]`.
 */
export function findNeurons(graph: OnnxGraph): FoundStages {
  const facts = gatherFacts(graph);
  const members = new Map<string, number[]>();
  const attention = new Map(
    findStagesIn(facts, 'attention').stages.map((each) => [each.path, each]),
  );
  facts.scopes.forEach((scope, index) => {
    const path = modulePattern.exec(scope)?.[0];
    if (path === undefined) return;
    const list = members.get(path);
    if (list) list.push(index);
    else members.set(path, [index]);
  });
  const stages: Stage[] = [];
  const refused: { path: string; reason: string }[] = [];
  for (const [path, indexes] of members) {
    const [stagePath = '', rest = ''] = path.split('.transformer_blocks.');
    const stage = attention.get(stagePath);
    if (!stage) continue;
    const [value, second] = leavingValues(facts, path, indexes);
    const width = value === undefined ? undefined : widthOf(facts, value);
    if (value === undefined || second !== undefined || width === undefined) {
      const reason =
        second !== undefined ? 'several values leave it' : 'no projection reads what it computes';
      refused.push({ path, reason });
      continue;
    }
    const name = `${stage.name}.neurons.${Number.parseInt(rest, 10)}`;
    stages.push({ kind: 'neurons', path, name, input: value, output: value, width });
  }
  const order = (stage: Stage): number => graph.producerOf.get(stage.output) ?? -1;
  stages.sort((a, b) => order(a) - order(b));
  return { stages, refused };
}

const modulePattern = /^(?:.*\.)?attentions\.\d+\.transformer_blocks\.\d+\.ff\.net\.0(?=\.|$)/;

/** Rows of the matrix that a value is multiplied with; undefined where it is not, or is no float value. */
function widthOf({ graph, types }: GraphFacts, value: string): number | undefined {
  const type = types.get(value)?.elementType;
  if (type !== undefined && type !== elementType.float32 && type !== elementType.float16) {
    return undefined;
  }
  for (const reader of graph.consumersOf.get(value) ?? []) {
    const node = graph.nodes[reader];
    const [one, matrix = ''] = node?.input ?? [];
    const size = types.get(matrix)?.dims?.[0];
    if (node?.opType === 'MatMul' && one === value && typeof size === 'number') return size;
  }
  return undefined;
}
