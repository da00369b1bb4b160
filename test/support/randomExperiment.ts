import {
  type Experiment,
  experimentVersion,
  type FiledEdit,
} from '../../src/protocol/experiment.ts';
import type { BlockDescription } from '../../src/protocol/features.ts';
import { schedulerNames } from '../../src/protocol/manifest.ts';

/** A small experiment of any kind that the model can run, from a stream of random numbers. */
export function randomExperiment(
  random: () => number,
  modelId: string,
  blocks: readonly BlockDescription[],
): Experiment {
  const whole = (below: number): number => Math.floor(random() * below);
  const pick = <T>(values: readonly T[]): T => values[whole(values.length)]!;
  const withSae = blocks.filter(({ sae }) => sae);
  const edit = (): FiledEdit => {
    const { block, width, sae } = pick(withSae);
    const sources = [
      random() < 0.2 ? { channel: whole(width) } : { feature: whole(sae!.nFeatures) },
    ];
    const where = {
      ...(random() < 0.5 && {
        mask: { kind: 'cellRuns', cellsHigh: 2, cellsWide: 2, runs: [1, 0, 3, random()] } as const,
      }),
    };
    const maps = pick(['static', 'adaptive'] as const);
    const strength = { value: 40 * random() - 20, unit: 'raw' } as const;
    return pick<FiledEdit>([
      { kind: 'scale', block, sources, factor: 4 * random() - 2, maps, ...where },
      { kind: 'add', block, sources, strength, rows: 'both', ...where },
      { kind: 'replace', block, sources, strength, ...where },
      { kind: 'keepOnly', block, sources: [{ feature: whole(sae!.nFeatures) }], maps, ...where },
      { kind: 'reconstruct', block, withError: random() < 0.5, maps, ...where },
      { kind: 'ablate', block, ...where },
      { kind: 'swap', block, from: { seed: whole(2 ** 32) }, ...where },
    ]);
  };
  const prompts = ['a red apple', 'a dog on grass', 'two bananas\n"on" the beach, at night'];
  const guidanceScale = pick([0, 1, 3.5]);
  return {
    version: experimentVersion,
    title: `Experiment ${String(whole(1000))}`,
    model: { id: modelId },
    picture: {
      ...{ prompt: pick(prompts), negativePrompt: pick(['', 'a cat']), seed: whole(2 ** 32) },
      ...{ steps: 1 + whole(2), guidanceScale, scheduler: pick(schedulerNames) },
      ...{ width: 128, height: 128 },
    },
    columns: pick([
      { kind: 'one' } as const,
      { kind: 'seeds', seeds: [whole(100), 100 + whole(100)] } as const,
      { kind: 'prompts', prompts: ['a cat', 'a castle'] } as const,
    ]),
    variants: Array.from({ length: 1 + whole(2) }, (_, index) => ({
      id: `v${String(index + 1)}`,
      edits: Array.from({ length: 1 + whole(2) }, edit),
    })),
  };
}
