import { mixed } from '../../../../numerics/permutation.ts';
import { SeededDraws } from '../../../../numerics/seededDraws.ts';
import {
  type BlockMeans,
  type ChosenFeature,
  type ShareKind,
  transferChoice,
  type TransferChoice,
} from '../../../../numerics/transferChoice.ts';
import type { Picture } from '../../../../protocol/engine.ts';
import { modelError } from '../../../../protocol/errors.ts';
import type { BaseRun } from '../../../pipeline/baseRun.ts';
import type { EditedPicture } from '../../../pipeline/editing.ts';
import type { Pipeline } from '../../../pipeline/generate.ts';
import { readBlocks } from '../../intervene/blockFacts.ts';
import { blockNamed } from '../../intervene/checkAgainstModel.ts';
import { figuresOf, wholePicture } from '../../intervene/editFigures.ts';
import { lpipsOf } from '../lpipsOf.ts';
import { lookAt, readPrompt } from '../looks/lookAt.ts';
import { alike, lookOfSeen, short } from '../looks/looksOfScenes.ts';
import type { ReportManifest, SettledPair, SettledTransfer } from '../reportManifest.ts';
import type { PairRow, TransferRow } from '../reportRows.ts';
import { pairMeans } from './pairMeans.ts';
import { isAnywhere, type PairRuns } from './pairMasks.ts';
import { type Transferred, transferEdits } from './transferEdits.ts';

interface Context {
  readonly signal: AbortSignal;
}

/** Of all neurons of the blocks, as many are added and removed: RIEBench's 10,000 of 204,800. */
const neuronShare = 0.05;

/** @throws `model` for a report without pairs, or with fewer */
function pairAt({ settled }: ReportManifest, pair: number): SettledTransfer & { own: SettledPair } {
  const { transfer } = settled;
  const own = transfer?.pairs[pair];
  if (transfer && own) return { ...transfer, own };
  throw modelError(`The report has no pair of prompts ${pair}.`);
}

/** The two unedited runs of a pair: its seed, and the edited prompt that is given. */
async function runsOf(
  { seed, original, edited }: Pick<SettledPair, 'seed' | 'original' | 'edited'>,
  { settled }: ReportManifest,
  pipeline: Pipeline,
  updatesOf: readonly string[],
  context: Context,
): Promise<PairRuns> {
  const of = (prompt: string): Promise<BaseRun> =>
    pipeline.editing.base(
      { prompt, seed, ...settled.picture, steps: settled.steps.main },
      { updatesOf },
      context,
    );
  return { original: await of(original), edited: await of(edited) };
}

/** Chart 7: which features tell a pair's runs apart, and those of a pair that has nothing to do with it. */
export async function measurePair(
  { pair }: Pick<PairRow, 'pair'>,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: Context,
): Promise<PairRow> {
  const { own, featureCount, pairs } = pairAt(manifest, pair);
  const { blocks } = manifest.settled;
  const countsOf = (runs: PairRuns): PairRow['own'] => {
    const means = pairMeans('features', own, runs, blocks);
    const count = (kind: ShareKind): number[] => {
      const { added, removed } = transferChoice(means, featureCount, kind);
      const all = [...added, ...removed];
      return blocks.map((name) => all.filter(({ block }) => block === name).length);
    };
    return { raw: count('raw'), normalised: count('normalised') };
  };
  const runs = await runsOf(own, manifest, pipeline, blocks, context);
  const edited = pairs[own.partner]?.edited ?? '';
  const other = await runsOf({ ...own, edited }, manifest, pipeline, blocks, context);
  const { lpips, look } = await between(runs.original.picture, runs.edited.picture, manifest, pipeline, context); // prettier-ignore
  const words = await toPrompts(runs.original.picture, own, manifest, pipeline, context);
  return {
    ...{ kind: 'pair', pair, isEverywhere: isAnywhere(own, runs) },
    ...{ own: countsOf(runs), shuffled: countsOf(other) },
    pixel: figuresOf(runs.original, runs.edited, wholePicture).pixelDistance,
    ...(lpips !== undefined && { lpips }),
    ...(look !== undefined && { look }),
    ...(words && { words }),
  };
}

/** The unedited pictures of a pair. */
export async function pairPictures(
  { pair }: Pick<PairRow, 'pair'>,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: Context,
): Promise<{ readonly runs: PairRuns; readonly label: string }> {
  const { own } = pairAt(manifest, pair);
  return { runs: await runsOf(own, manifest, pipeline, [], context), label: own.kind };
}

/** The picture of an original prompt with what another's run has, beside the pictures of both. */
export async function makeTransfer(
  { pair, arm, strength }: Pick<TransferRow, 'pair' | 'arm' | 'strength'>,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: Context,
): Promise<{ readonly runs: PairRuns; readonly edited: EditedPicture; readonly label: string }> {
  const { own, featureCount } = pairAt(manifest, pair);
  const { settled } = manifest;
  const facts = await readBlocks(pipeline);
  const names =
    arm === 'neuron'
      ? facts.flatMap(({ name, tap }) => (isNeuronOf(settled.blocks, name, tap.stage.kind) ? [name] : [])) // prettier-ignore
      : settled.blocks;
  const runs = await runsOf(own, manifest, pipeline, names, context);
  const blocks = names.map((name) => blockNamed(name, facts));
  const means = (): readonly BlockMeans[] =>
    pairMeans(arm === 'neuron' ? 'neurons' : 'features', own, runs, names);
  const total = blocks.reduce((sum, { width }) => sum + width, 0);
  const seed = mixed(settled.seed, pair, 8);
  const what = ((): Transferred => {
    switch (arm) {
      case 'feature':
        return { kind: 'features', choice: transferChoice(means(), featureCount, 'raw') };
      case 'random':
        return { kind: 'features', choice: randomChoice(means(), featureCount, seed) };
      case 'neuron': {
        const count = Math.max(1, Math.round(neuronShare * total));
        return { kind: 'neurons', choice: transferChoice(means(), count, 'raw') };
      }
      case 'delta':
        return { kind: 'everything' };
    }
  })();
  const schedule = transferEdits(what, strength, own, runs, blocks);
  const edited = await pipeline.editing.edit(runs.original, schedule, context);
  const label = `${own.kind}: ${'choice' in what ? numberOf(what.choice) : ''}${armNouns[arm]}, strength ${strength}`;
  return { runs, edited, label };
}

const armNouns = {
  ...{ feature: 'features', random: 'features by chance', neuron: 'neurons' },
  delta: 'the whole update',
} as const;

const numberOf = ({ added, removed }: TransferChoice): string =>
  `+${added.length} −${removed.length} `;

/** Whether a tap is at the neurons of one of some blocks. */
const isNeuronOf = (blocks: readonly string[], name: string, kind: string): boolean =>
  kind === 'neurons' && blocks.some((block) => name.startsWith(`${block}.`));

/**
 * As many features as the procedure would take, drawn by chance from those that are active in the mask: added ones of the
 * edited run, removed ones of the original.
 */
function randomChoice(means: readonly BlockMeans[], count: number, seed: number): TransferChoice {
  const { added, removed } = transferChoice(means, count, 'raw');
  const chance = new SeededDraws(seed);
  const draw = (run: 'edited' | 'original', wanted: number): ChosenFeature[] => {
    const active = means.flatMap(({ block, ...runs }) =>
      [...runs[run].keys()].sort((a, b) => a - b).map((feature) => ({ block, feature, score: 0 })),
    );
    return chance.choose(active, wanted);
  };
  return { added: draw('edited', added.length), removed: draw('original', removed.length) };
}

/** Chart 8: how far a transfer's picture is from those of the two prompts. */
export async function measureTransfer(
  unit: Pick<TransferRow, 'pair' | 'arm' | 'strength'>,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: Context,
): Promise<TransferRow> {
  const { runs, edited } = await makeTransfer(unit, manifest, pipeline, context);
  const to = (run: BaseRun) => between(run.picture, edited.picture, manifest, pipeline, context);
  const [original, wanted] = [await to(runs.original), await to(runs.edited)];
  const beside = (figure: 'lpips' | 'look') => {
    const [one, other] = [original[figure], wanted[figure]];
    return one !== undefined && other !== undefined && { [figure]: { original: one, edited: other } }; // prettier-ignore
  };
  const { pair, arm, strength } = unit;
  const { own } = pairAt(manifest, pair);
  const words = await toPrompts(edited.picture, own, manifest, pipeline, context);
  return {
    ...{ kind: 'transfer', pair, arm, strength },
    pixel: figuresOf(runs.original, edited, wholePicture).pixelDistance,
    toEdited: figuresOf(runs.edited, edited, wholePicture).pixelDistance,
    ...beside('lpips'),
    ...beside('look'),
    ...(words && { words }),
  };
}

const looks = new WeakMap<Picture, readonly number[]>();

/** A picture as the report's judge sees it; made once. */
async function lookOf(
  picture: Picture,
  { settled }: ReportManifest,
  pipeline: Pipeline,
  { signal }: Context,
): Promise<readonly number[]> {
  const known = looks.get(picture);
  if (known) return known;
  const { look, seen = {} } = await lookAt(picture, settled, pipeline, signal);
  const made = look ?? lookOfSeen(seen, settled.classifier?.factors ?? []);
  looks.set(picture, made);
  return made;
}

/** How unlike a picture and the prompts of a pair are by CLIP: 1 - cosine. */
async function toPrompts(
  picture: Picture,
  { original, edited }: Pick<SettledPair, 'original' | 'edited'>,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: Context,
): Promise<TransferRow['words']> {
  const read = (prompt: string) => readPrompt(prompt, manifest.settled, pipeline, context.signal);
  const [one, other] = [await read(original), await read(edited)];
  if (!one || !other) return undefined;
  const look = await lookOf(picture, manifest, pipeline, context);
  return { original: short(1 - alike(look, one)), edited: short(1 - alike(look, other)) };
}

/** How unlike two pictures are by the report's LPIPS network, and by its judge: 1 - likeness. */
async function between(
  one: Picture,
  other: Picture,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: Context,
): Promise<Pick<PairRow, 'lpips' | 'look'>> {
  const { settled } = manifest;
  const lpips = await lpipsOf(one, other, manifest, pipeline, context);
  const isLooked = settled.judge !== undefined && settled.judge !== 'words';
  const look = async (picture: Picture) => lookOf(picture, manifest, pipeline, context);
  return {
    ...(lpips !== undefined && { lpips }),
    ...(isLooked && { look: short(1 - alike(await look(one), await look(other))) }),
  };
}
