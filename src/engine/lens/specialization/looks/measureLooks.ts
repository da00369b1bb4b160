import type { BaseRun } from '../../../pipeline/baseRun.ts';
import type { Pipeline } from '../../../pipeline/generate.ts';
import { readBlocks } from '../../intervene/blockFacts.ts';
import { blockNamed } from '../../intervene/checkAgainstModel.ts';
import { figuresOf, wholePicture } from '../../intervene/editFigures.ts';
import type { SceneCodes } from '../factors/sceneFile.ts';
import { type LookUnit, makeUnit, type MeasureContext } from '../measureUnit.ts';
import type { ReportManifest } from '../reportManifest.ts';
import type { ReportRow } from '../reportRows.ts';
import { aimsOf, logit } from './aims.ts';
import { conceptScores } from './conceptScores.ts';
import { lookAt } from './lookAt.ts';
import { lookOfSeen, short } from './looksOfScenes.ts';

type Seen = NonNullable<SceneCodes['seen']>;

/** Pictures are measured one after another against the same unedited one. */
const seenInBase = new WeakMap<BaseRun, Seen>();

/** What charts 5 and 13 measure. @throws as `makeUnit`, `lookAt` */
export async function measureLooks(
  unit: LookUnit,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<readonly ReportRow[]> {
  const { settled } = manifest;
  const { block, slot } = unit;
  const scenes = await context.scenes();
  if (unit.kind === 'concept') {
    const feature = manifest.chosen.features[block]?.[slot] ?? 0;
    const icon = await iconOf(unit, manifest, pipeline, context);
    const scores = await conceptScores(unit, manifest, scenes, icon?.look);
    return [{ kind: 'concept', block, slot, feature, ...scores, pixel: icon?.pixel ?? null }];
  }
  const aim =
    unit.kind === 'steer' ? aimsOf(block, settled, scenes).get(unit.factor)?.[slot] : undefined;
  if (unit.kind === 'steer' && !aim) {
    const { kind, prompt, factor } = unit;
    const nothing = { feature: null, name: null, delta: null, pixel: null };
    return [{ kind, block, prompt, factor, slot, ...nothing }];
  }
  const { base, edited } = await makeUnit(unit, manifest, pipeline, context);
  const seenIn = async (picture: BaseRun['picture']): Promise<Seen> =>
    (await lookAt(picture, settled, pipeline, context.signal)).seen ?? {};
  const before = seenInBase.get(base) ?? (await seenIn(base.picture));
  seenInBase.set(base, before);
  const after = await seenIn(edited.picture);
  const { pixelDistance: pixel } = figuresOf(base, edited, wholePicture);
  const moved = (factor: string): number[] =>
    (before[factor] ?? []).map((p, i) => short(logit(after[factor]?.[i] ?? 0) - logit(p)));
  if (unit.kind === 'drift') {
    const { kind, prompt } = unit;
    const deltas = Object.fromEntries(Object.keys(before).map((name) => [name, moved(name)]));
    return [{ kind, block, prompt, slot, deltas, pixel }];
  }
  const { kind, prompt, factor } = unit;
  const classes = settled.classifier?.factors.find(({ name }) => name === factor)?.classes ?? [];
  const { feature = 0, name = '' } = aim ?? {};
  const delta = moved(factor)[classes.indexOf(name)] ?? 0;
  return [{ kind, block, prompt, factor, slot, feature, name, delta, pixel }];
}

/** How the judge sees a feature's icon; undefined where no network judges, or the SAE has no fixed k to draw one with. */
async function iconOf(
  unit: Extract<LookUnit, { kind: 'concept' }>,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<{ readonly look: readonly number[]; readonly pixel: number } | undefined> {
  const { settled } = manifest;
  if (settled.judge === 'words') return undefined;
  const { sae } = blockNamed(unit.block, await readBlocks(pipeline));
  if (sae?.definition.k === undefined) return undefined;
  const { base, edited } = await makeUnit(unit, manifest, pipeline, context);
  const { look = [], seen = {} } = await lookAt(edited.picture, settled, pipeline, context.signal);
  const { pixelDistance: pixel } = figuresOf(base, edited, wholePicture);
  const isClip = settled.judge === 'clip';
  return { look: isClip ? look : lookOfSeen(seen, settled.classifier?.factors ?? []), pixel };
}
