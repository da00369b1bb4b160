import type { SpecializePlan } from '../../../protocol/specialization.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { componentsOf } from './componentsFile.ts';
import { readScenes } from './factors/sceneFile.ts';
import { factorNames } from './factors/statedFactors.ts';
import { readUntrained } from './factors/untrainedFile.ts';
import { withUntrained } from './factors/untrainedScene.ts';
import { readMasks } from './masks/maskFile.ts';
import { begun } from './measureReport.ts';
import { makeUnit } from './measureUnit.ts';
import { traitsOf } from './pictureTraits.ts';
import { editPrompts, type ReportManifest, type SettledReport } from './reportManifest.ts';
import { readRows } from './reportRows.ts';
import { doneKeys, type ReportUnit, unitKey, unitsOf } from './reportUnits.ts';

/**
 * What a report would take. Makes two edited pictures, of which the second tells the time of the others.
 *
 * @throws `invalidInput` when the folder holds a report of another choice
 */
export async function planReport(
  dir: string,
  settled: SettledReport,
  ports: {
    readonly turn: <T>(work: (pipeline: Pipeline) => Promise<T>) => Promise<T>;
    readonly signal: AbortSignal;
    readonly modelDir: string;
  },
): Promise<SpecializePlan> {
  const { blocks, stages, charts, featureCount, doses, steps, prompts, promptsName } = settled;
  const features = Array.from({ length: featureCount }, (_, slot) => slot);
  const unknown = { rms: {}, rSquared: {}, explained: {}, notes: [] };
  const known: ReportManifest = (await begun(dir, settled)) ?? {
    settled,
    chosen: { ...unknown, features: Object.fromEntries(blocks.map((name) => [name, features])) },
  };
  const scenes = await readScenes(dir);
  const rows = await readRows(dir);
  const { manifest, absence } = await withUntrained(known, ports.modelDir);
  const [untrained, masks] = [await readUntrained(dir), await readMasks(dir)];
  const done = doneKeys({ rows, scenes, untrained, masks });
  const units = [...unitsOf(manifest)];
  const left = units.filter((unit) => !done.has(unitKey(unit, manifest)));
  const block = blocks[0] ?? stages.find((name) => !name.includes('resnet'));
  let secondsLeft: number | undefined;
  if (left.length > 0 && block !== undefined) {
    const context = { components: componentsOf(dir), scenes: () => Promise.resolve(scenes) };
    const seconds = await ports.turn(async (pipeline) => {
      let startMs = 0;
      for (const arm of ['ablate', 'random'] as const) {
        startMs = performance.now();
        const unit = { kind: 'ablate', run: 'main', block, prompt: 0, arm } as const;
        const { edited } = await makeUnit(unit, manifest, pipeline, { ...ports, ...context });
        traitsOf(edited.picture);
      }
      return (performance.now() - startMs) / 1000;
    });
    // A picture of several steps takes as many times as long; unedited pictures come to one for each prompt and run.
    const timesOf = (run: 'main' | 'over'): number =>
      run === 'main' ? 1 : steps.over / steps.main;
    // A score is arithmetic on what is there.
    const made = left.filter(({ kind }) => kind !== 'score' && kind !== 'maskScore');
    // A pair of prompts has three unedited pictures: with its partner's edited prompt, too.
    const runsOf = (kind: ReportUnit['kind']): number => (kind === 'pair' ? 3 : 1);
    const edits = made.reduce((sum, { kind, run }) => sum + runsOf(kind) * timesOf(run), 0);
    const unedited = prompts.length * (1 + timesOf('over'));
    secondsLeft = seconds * (edits + unedited);
  }
  return {
    ...{ dir, promptsName, blocks, stages, charts, featureCount, doses, secondsLeft },
    promptCount: prompts.length,
    measuredCount: editPrompts(manifest.settled).length,
    stepCount: steps.over,
    pictureCount: units.length,
    doneCount: units.length - left.length,
    factors: factorNames(settled.scenes),
    absent: [...settled.absent, ...(absence === undefined ? [] : [absence])],
  };
}
