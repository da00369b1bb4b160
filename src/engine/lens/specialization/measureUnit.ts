import { modelError } from '../../../protocol/errors.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { EditedPicture } from '../../pipeline/editing.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { type BlockFacts, readBlocks } from '../intervene/blockFacts.ts';
import type { EditRecipe } from '../../../protocol/recipe.ts';
import { iconRecipes } from '../intervene/iconRecipes.ts';
import { blockNamed } from '../intervene/checkAgainstModel.ts';
import { figuresOf, regionOf, wholePicture } from '../intervene/editFigures.ts';
import { compileFor } from '../intervene/makeEdited.ts';
import { lpipsOf } from './lpipsOf.ts';
import { persistence } from './persistence.ts';
import { colourChange, frequencySplit, layoutChange, textureChange } from './pictureChanges.ts';
import { type PictureTraits, traitsOf } from './pictureTraits.ts';
import {
  ablationOf,
  editedArea,
  editOf,
  emptyRequest,
  requestOf,
  steeringOf,
} from './reportEdits.ts';
import { aimsOf } from './looks/aims.ts';
import { checkSae } from './factors/observeScene.ts';
import type { SceneCodes } from './factors/sceneFile.ts';
import type { Components } from './componentsFile.ts';
import { rebuildUpdate, type RebuiltUpdate } from './rebuildUpdate.ts';
import { promptAfter, type ReportManifest } from './reportManifest.ts';
import type { ReportRow } from './reportRows.ts';
import type { ReportUnit } from './reportUnits.ts';

export interface MeasureContext {
  readonly signal: AbortSignal;
  /** Chart 14: by block. */
  readonly components: () => Promise<ReadonlyMap<string, Components>>;
  /** Charts 5 and 13: all of the report. */
  readonly scenes: () => Promise<readonly SceneCodes[]>;
}

/** What networks look at. */
export type LookUnit = Extract<ReportUnit, { kind: 'concept' | 'steer' | 'drift' }>;
/** What two prompts' runs are compared for. */
export type PairUnit = Extract<ReportUnit, { kind: 'pair' | 'transfer' }>;
/** What is about pictures; scenes, their masks and their scores are another matter. */
export type PictureUnit = Exclude<
  ReportUnit,
  { kind: 'scene' | 'untrained' | 'score' | 'mask' | 'maskScore' }
>;
/** One edited picture of one block beside its unedited one. */
export type BlockUnit = Exclude<PictureUnit, PairUnit | { kind: 'steps' }>;

/** Pictures are measured one after another against the same unedited one. */
const traitsOfBase = new WeakMap<BaseRun, PictureTraits>();

/** Makes what a unit asks for and measures it. @throws as `Pipeline.generate`; `invalidInput` for SAEs that are others by now */
export async function measureUnit(
  unit: Exclude<PictureUnit, LookUnit | PairUnit>,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<readonly ReportRow[]> {
  if (unit.kind === 'steps') return measureSteps(unit.prompt, manifest, pipeline, context);
  const { base, edited, rebuilt } = await makeUnit(unit, manifest, pipeline, context);
  const { block, prompt } = unit;
  if (unit.kind === 'rebuild') {
    const { kind, arm, count } = unit;
    const { error = 0, spread = 0 } = rebuilt ?? {};
    const { pixelDistance: pixel, ssim } = figuresOf(base, edited, wholePicture);
    return [{ kind, block, prompt, arm, count, error, spread, pixel, ssim }];
  }
  if (unit.kind === 'ablate') {
    const { kind, arm, window } = unit;
    const figures = figuresOf(base, edited, wholePicture);
    const row = { kind, block, prompt, arm, ...(window && { window }) };
    const { pixelDistance: pixel, ssim } = figures;
    const lpips = await lpipsOf(base.picture, edited.picture, manifest, pipeline, context);
    return [{ ...row, pixel, ssim, ...(lpips !== undefined && { lpips }) }];
  }
  const { kind, arm, dose, slot } = unit;
  const figures = figuresOf(base, edited, regionOf(editedArea, base));
  const before = traitsOfBase.get(base) ?? traitsOf(base.picture);
  traitsOfBase.set(base, before);
  const after = traitsOf(edited.picture);
  const split = frequencySplit(before, after);
  const { pixelDistance: pixel, ssim, area } = figures;
  return [
    {
      ...{ kind, block, prompt, arm, dose, slot },
      ...{ pixel, ssim, inside: area.inside ?? 0, outside: area.outside ?? 0 },
      layout: layoutChange(before, after),
      colour: colourChange(before, after).deltaE,
      texture: textureChange(before, after),
      ...{ low: split?.low ?? null, middle: split?.middle ?? null, high: split?.high ?? null },
    },
  ];
}

/** The picture that a unit is about, beside its unedited one. @throws as `measureUnit` */
export async function makeUnit(
  unit: BlockUnit,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<{
  readonly base: BaseRun;
  readonly edited: EditedPicture;
  /** What was done, in words. */
  readonly label: string;
  readonly rebuilt?: RebuiltUpdate;
}> {
  const { settled } = manifest;
  const blocks = await readBlocks(pipeline);
  const block = blockNamed(unit.block, blocks);
  checkSae(block, settled);
  const request =
    unit.kind === 'concept' ? emptyRequest(manifest) : requestOf(manifest, unit.prompt, unit.run);
  // With all that later pictures need, so that it is made once.
  const updatesOf = unit.extraTaps ? settled.stages : settled.blocks;
  const known = await pipeline.editing.base(request, { updatesOf }, context);
  if (unit.kind === 'rebuild') {
    const { arm, count } = unit;
    const components = (await context.components()).get(block.name);
    if (!components) throw modelError(`The report has no components of ${block.name}.`);
    const rebuilt = rebuildUpdate(known, block, unit, components);
    const schedule = rebuilt.edits.map((edit) => new Map([[block.name, edit]]));
    const edited = await pipeline.editing.edit(known, schedule, context);
    const what = arm === 'pca' ? 'principal components' : 'features a cell';
    return { base: known, edited, label: `${block.name} from ${count} ${what}`, rebuilt };
  }
  const recipe = await recipeOf(unit, block, known, manifest, context);
  const { base, schedule } = await compileFor(pipeline, request, recipe, context);
  const edited = await pipeline.editing.edit(base, schedule, context);
  return { base, edited, label: recipe.name ?? '' };
}

async function recipeOf(
  unit: Exclude<BlockUnit, { kind: 'rebuild' }>,
  block: BlockFacts,
  base: BaseRun,
  manifest: ReportManifest,
  { scenes }: MeasureContext,
): Promise<EditRecipe> {
  switch (unit.kind) {
    case 'edit':
      return editOf(unit, block, base, manifest);
    case 'ablate':
      return ablationOf(unit, block, base, manifest);
    case 'drift':
      return steeringOf({ slot: unit.slot }, block, base, manifest);
    case 'steer': {
      const aims = aimsOf(block.name, manifest.settled, await scenes());
      const aim = aims.get(unit.factor)?.[unit.slot];
      if (!aim) throw modelError(`No more features of ${block.name} go with ${unit.factor}.`);
      return steeringOf({ feature: aim.feature }, block, base, manifest);
    }
    case 'concept': {
      const feature = manifest.chosen.features[block.name]?.[unit.slot] ?? 0;
      const [recipe] = iconRecipes({ source: { feature }, gammas: [1] }, block);
      if (!recipe) throw modelError(`${block.name} has no icon.`);
      return { ...recipe, name: `Icon of ${block.name}/${feature}` };
    }
  }
}

/** A prompt's unedited picture over several steps, with what the SAEs read of it. @throws as `measureUnit` */
export const steppedRun = (
  prompt: number,
  manifest: ReportManifest,
  { editing }: Pipeline,
  context: MeasureContext,
): Promise<BaseRun> =>
  editing.base(
    requestOf(manifest, prompt, 'over'),
    { updatesOf: manifest.settled.blocks },
    context,
  );

/** What the SAEs say of a picture step by step, and beside the picture of the next prompt. */
async function measureSteps(
  prompt: number,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<readonly ReportRow[]> {
  const { settled } = manifest;
  const next = promptAfter(prompt, settled);
  const { readings } = await steppedRun(prompt, manifest, pipeline, context);
  const other = await steppedRun(next, manifest, pipeline, context);
  return settled.blocks.flatMap((block): ReportRow[] => {
    const reading = readings.find((each) => each.block === block);
    const otherSteps = other.readings.find((each) => each.block === block)?.steps ?? [];
    if (!reading) return [];
    const { steps } = reading;
    const sums = (key: 'error' | 'spread'): number[] =>
      steps.map((step) => step[key].reduce((sum, value) => sum + value, 0));
    const l0 = steps.map(
      ({ values, norm }) =>
        values.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0) / Math.max(1, norm.length),
    );
    const pairs = steps.flatMap((one, from) =>
      steps.flatMap((later, to): ReportRow[] => {
        if (to <= from) return [];
        const pair = { kind: 'stay', block, prompt, from, to } as const;
        const elsewhere = otherSteps[to];
        return [
          { ...pair, arm: 'same', ...persistence(one, later) },
          ...(elsewhere
            ? [{ ...pair, arm: 'other' as const, ...persistence(one, elsewhere) }]
            : []),
        ];
      }),
    );
    return [
      { kind: 'steps', block, prompt, error: sums('error'), spread: sums('spread'), l0 },
      ...pairs,
    ];
  });
}
