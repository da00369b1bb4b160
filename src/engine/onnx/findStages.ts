import { modelError } from '../../protocol/errors.ts';
import type { OnnxGraph } from './graph.ts';
import { gatherFacts, type GraphFacts } from './graphFacts.ts';
import { isWithin } from './nodeScope.ts';
import { proveResidual } from './proveResidual.ts';

/**
 * A module of the U-net that adds an update to its hidden states: `output = input + update`. Neurons have no input: what
 * the module computes is all its update.
 */
export interface Stage {
  /** `attention`: a whole cross-attention transformer; `resnet`: a convolution block; `neurons`: as `findNeurons`. */
  readonly kind: StageKind;
  /** Module path in diffusers, without `unet.`: `up_blocks.0.attentions.1`. */
  readonly path: string;
  /** `up.0.1`, `mid.0`; a resnet's is `up.0.resnet.1`, that of neurons `up.0.1.neurons.0`. */
  readonly name: string;
  /** Value that the update is added to, `[batch, width, h, w]`. A resnet that changes the width adds to its shortcut's output. */
  readonly input: string;
  /** Value after the addition, as everything after the stage reads it. */
  readonly output: string;
  readonly width: number | undefined;
}
export type StageKind = 'attention' | 'resnet' | 'neurons';
/** What can be tapped beside attention stages, in sessions of their own. */
export type ExtraTaps = Exclude<StageKind, 'attention'>;

export interface FoundStages {
  /** In the order in which they run. */
  readonly stages: readonly Stage[];
  /** Modules that look like one by name, and why they cannot be taken for one. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[];
}

const modulePattern = {
  attention: /^(?:.*\.)?attentions\.\d+(?=\.|$)/,
  resnet: /^(?:.*\.)?resnets\.\d+(?=\.|$)/,
} satisfies Record<'attention' | 'resnet', RegExp>;

/**
 * Finds every cross-attention transformer stage (`….attentions.N`) of a U-net by the module names that both torch
 * exporters leave behind, and proves each by the graph's structure (`proveResidual`).
 *
 * @throws `model` when not one is found, with what was found instead
 */
export function findStages(graph: OnnxGraph): FoundStages {
  const facts = gatherFacts(graph);
  const found = findStagesIn(facts, 'attention');
  if (found.stages.length > 0) return found;
  const reasons = found.refused.map(({ path, reason }) => `${path}: ${reason}`);
  const seen = reasons.length > 0 ? reasons.join('; ') : describeModules(facts);
  throw modelError(`The U-net's graph has no cross-attention stage that can be tapped. ${seen}`);
}

/** The same for convolution blocks (`….resnets.N`), which have no SAEs but can be ablated. */
export const findResnets = (graph: OnnxGraph): FoundStages =>
  findStagesIn(gatherFacts(graph), 'resnet');

/**
 * @param name short name (`up.0.1`) or module path
 * @throws `model` that lists the stages there are, or says why this one is refused
 */
export function stageNamed(found: FoundStages, name: string): Stage {
  const path = name.replace(/^unet\./, '');
  const stage = found.stages.find(
    (candidate) => candidate.name === name || candidate.path === path,
  );
  if (stage) return stage;
  const refused = found.refused.find((each) => each.path === path || shortName(each.path) === name);
  const names = found.stages.map((each) => each.name).join(', ');
  const why = refused ? `it was refused: ${refused.reason}` : 'there is none of that name';
  throw modelError(`The stage "${name}" cannot be tapped: ${why}. Stages found: ${names}.`);
}

/** Stages of one kind, maybe none, in a graph whose facts are known already. */
export function findStagesIn(facts: GraphFacts, kind: keyof typeof modulePattern): FoundStages {
  const modules = new Map<string, number[]>();
  facts.scopes.forEach((scope, index) => {
    const path = modulePattern[kind].exec(scope)?.[0];
    if (path === undefined) return;
    const members = modules.get(path);
    if (members) members.push(index);
    else modules.set(path, [index]);
  });
  const stages: Stage[] = [];
  const refused: { path: string; reason: string }[] = [];
  for (const [path, members] of modules) {
    const isTransformer = members.some((i) =>
      isWithin(facts.scopes[i] ?? '', `${path}.transformer_blocks`),
    );
    if (kind === 'attention' && !isTransformer) {
      refused.push({ path, reason: 'it is an attention layer without transformer blocks' });
      continue;
    }
    const proof = proveResidual(facts, path, members);
    if ('reason' in proof) refused.push({ path, reason: proof.reason });
    else stages.push({ kind, path, name: shortName(path), ...proof });
  }
  const order = (stage: Stage): number => facts.graph.producerOf.get(stage.output) ?? -1;
  stages.sort((a, b) => order(a) - order(b));
  return { stages, refused };
}

export function shortName(path: string): string {
  const match = /^(?:(down|up)_blocks\.(\d+)|mid_block)\.(attentions|resnets)\.(\d+)$/.exec(path);
  if (!match) return path;
  const [, side, block, list, index] = match;
  const parts = [side ?? 'mid', block, list === 'resnets' ? 'resnet' : undefined, index];
  return parts.filter((part) => part !== undefined).join('.');
}

function describeModules({ scopes }: GraphFacts): string {
  const tops = new Set(scopes.map((scope) => scope.split('.').slice(0, 3).join('.')));
  tops.delete('');
  if (tops.size === 0) return 'Its nodes carry no module names; export it again with torch.';
  return `Modules found: ${[...tops].slice(0, 40).join(', ')}.`;
}
