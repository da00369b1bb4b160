import type { UnetPart, UnetPartKind } from '../../protocol/unetParts.ts';
import { findStagesIn } from './findStages.ts';
import type { OnnxGraph } from './graph.ts';
import { gatherFacts, type GraphFacts } from './graphFacts.ts';

interface Module {
  readonly path: string;
  readonly kind: UnetPartKind;
  readonly group: string;
  readonly name: string;
  readonly members: Set<number>;
  /** Where it comes in the order in which parts run: the last of its nodes. */
  order: number;
}

const listed =
  /^((down|up)_blocks\.(\d+)|mid_block)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)(?=\.|$)/;
const ends = /^(conv_in|conv_norm_out|conv_act|conv_out)(?=\.|$)/;

const kinds = {
  resnets: 'resnet',
  attentions: 'attention',
  downsamplers: 'downsample',
  upsamplers: 'upsample',
} as const satisfies Record<string, UnetPartKind>;

/**
 * The named layers of a U-net in the order in which they run, by the module names that both torch exporters leave
 * behind: what the graph has, whatever its size. Which part reads which is followed through the nodes between them.
 */
export function unetParts(graph: OnnxGraph): readonly UnetPart[] {
  const facts = gatherFacts(graph);
  const modules = gatherModules(facts);
  const widths = new Map(
    (['attention', 'resnet'] as const)
      .flatMap((kind) => findStagesIn(facts, kind).stages)
      .map(({ path, width }) => [path, width]),
  );
  const owner = new Map<number, Module>();
  for (const module of modules) for (const index of module.members) owner.set(index, module);
  let halvings = 0;
  return modules.map((module) => {
    const { path, name, kind, group, members } = module;
    const part: UnetPart = {
      path,
      name,
      kind,
      group,
      width: widths.get(path) ?? null,
      halvings,
      depth: kind === 'attention' ? depthOf(facts, path, members) : 0,
      reads: [...new Set(sourcesOf(facts, module, owner).map((source) => source.name))],
    };
    if (kind === 'downsample') halvings++;
    if (kind === 'upsample') halvings--;
    return part;
  });
}

function gatherModules(facts: GraphFacts): readonly Module[] {
  const modules = new Map<string, Module>();
  facts.scopes.forEach((scope, index) => {
    const isImage = facts.graph.nodes[index]?.output.some((value) => facts.imageValues.has(value));
    if (!isImage || facts.kinds[index] !== 'data') return;
    const described = describe(scope);
    if (!described) return;
    const module = modules.get(described.path) ?? {
      ...described,
      members: new Set<number>(),
      order: 0,
    };
    module.members.add(index);
    module.order = Math.max(module.order, index);
    modules.set(described.path, module);
  });
  return [...modules.values()].sort((a, b) => a.order - b.order);
}

function describe(scope: string): Pick<Module, 'path' | 'kind' | 'group' | 'name'> | undefined {
  const end = ends.exec(scope);
  if (end) {
    return end[0] === 'conv_in'
      ? { path: 'conv_in', kind: 'input', group: '', name: 'in' }
      : { path: 'conv_out', kind: 'output', group: '', name: 'out' };
  }
  const match = listed.exec(scope);
  if (!match) return undefined;
  const [path, , side, block, list, index] = match as unknown as readonly [
    string,
    string,
    string | undefined,
    string | undefined,
    keyof typeof kinds,
    string,
  ];
  const kind = kinds[list];
  const group = side === undefined ? 'mid' : `${side}.${block ?? ''}`;
  const short = {
    attention: `${group}.${index}`,
    resnet: `${group}.resnet.${index}`,
    downsample: `${group}.downsample`,
    upsample: `${group}.upsample`,
  }[kind];
  return { path, kind, group, name: short };
}

function depthOf({ scopes }: GraphFacts, path: string, members: ReadonlySet<number>): number {
  const inside = `${path}.transformer_blocks.`;
  const blocks = [...members].flatMap((index) => {
    const scope = scopes[index] ?? '';
    return scope.startsWith(inside) ? [scope.slice(inside.length).split('.')[0]] : [];
  });
  return new Set(blocks).size;
}

/** The parts whose image values a part reads, straight or through nodes that belong to none. */
function sourcesOf(
  { graph, imageValues, kinds: nodeKinds }: GraphFacts,
  module: Module,
  owner: ReadonlyMap<number, Module>,
): readonly Module[] {
  const sources: Module[] = [];
  const seen = new Set([...module.members].flatMap((index) => graph.readsOf[index] ?? []));
  for (const value of seen) {
    const producer = graph.producerOf.get(value);
    if (producer === undefined || !imageValues.has(value)) continue;
    const from = owner.get(producer);
    if (from === module || nodeKinds[producer] !== 'data') continue;
    if (from) sources.push(from);
    else for (const read of graph.readsOf[producer] ?? []) seen.add(read);
  }
  return sources.sort((a, b) => b.order - a.order);
}
