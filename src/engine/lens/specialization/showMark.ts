import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import type { MarkPicture } from '../../../protocol/specialization.ts';
import type { ExtraTaps } from '../../onnx/findStages.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { figuresOf, wholePicture } from '../intervene/editFigures.ts';
import { markKey } from './charts/chartData.ts';
import { type ScenePair, scenePairsBehind } from './factors/scenePairs.ts';
import type { ReportPorts } from './measureReport.ts';
import { type BlockUnit, makeUnit, type MeasureContext, type PairUnit } from './measureUnit.ts';
import type { ReportManifest } from './reportManifest.ts';
import { type ReportRow, rowKey } from './reportRows.ts';
import { type ReportUnit, unitKey, unitsOf } from './reportUnits.ts';
import { makeTransfer, pairPictures } from './transfer/measurePairs.ts';

const limitMax = 24;

/** Two or three pictures behind a mark, and how they are made again. */
interface Behind {
  readonly extraTaps?: ExtraTaps | undefined;
  readonly make: (pipeline: Pipeline) => Promise<MarkPicture>;
}

/**
 * Pictures behind a mark, made again: evenly from the one that changed least to the one that changed most, or, of pairs
 * of scenes, from the one in which the feature differs least to that in which it does most.
 *
 * @throws `invalidInput` for a key that the report does not have, a limit outside of 1 ... 24
 */
export async function picturesOfMark(
  { key, limit }: { readonly key: string; readonly limit: number },
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  ports: ReportPorts,
  context: Pick<MeasureContext, 'components' | 'scenes'>,
): Promise<{ readonly pictures: readonly MarkPicture[]; readonly count: number }> {
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= limitMax)) {
    throw invalidInput(`${limit} pictures cannot be shown; allowed are 1 to ${limitMax}.`);
  }
  const whole = { ...context, signal: ports.signal };
  const scenePairs = await scenePairsBehind(key, manifest, rows, context);
  const found = scenePairs
    ? scenePairs.map((pair): Behind => ({ make: (pipeline) => showScenes(pair, manifest, pipeline, whole) })) // prettier-ignore
    : rowsBehind(key, manifest, rows, whole);
  if (found.length === 0) throw invalidInput(`The report has no pictures "${key.slice(0, 200)}".`);
  const count = Math.min(limit, found.length);
  const chosen = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (found.length - 1)) / (count - 1)),
  ).flatMap((place) => found[place] ?? []);
  const pictures: MarkPicture[] = [];
  for (const { make, extraTaps } of chosen) pictures.push(await ports.turn(make, { extraTaps }));
  return { pictures, count: found.length };
}

function rowsBehind(
  key: string,
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  context: MeasureContext,
): readonly Behind[] {
  const found = rows
    .flatMap((row) => ('pixel' in row && row.pixel !== null ? [{ ...row, pixel: row.pixel }] : []))
    .filter((row) => {
      if (row.kind !== 'pair') return markKey(row) === key;
      const { kind: of = '' } = manifest.settled.transfer?.pairs[row.pair] ?? {};
      return markKey({ kind: 'pair', of }) === key;
    })
    .sort((a, b) => a.pixel - b.pixel);
  if (found.length === 0) return [];
  const units = new Map([...unitsOf(manifest)].map((unit) => [unitKey(unit, manifest), unit]));
  return found.flatMap((row): Behind[] => {
    const unit = units.get(rowKey(row));
    if (!unit || !isShown(unit)) return [];
    const { extraTaps } = unit;
    const isPair = unit.kind === 'pair' || unit.kind === 'transfer';
    const make = (pipeline: Pipeline): Promise<MarkPicture> =>
      isPair
        ? showPair(unit, row.pixel, manifest, pipeline, context)
        : showBlock(unit, row.pixel, manifest, pipeline, context);
    return [{ extraTaps, make }];
  });
}

const isShown = (unit: ReportUnit): unit is BlockUnit | PairUnit =>
  !['scene', 'untrained', 'mask', 'steps', 'score', 'maskScore'].includes(unit.kind);

async function showBlock(
  unit: BlockUnit,
  pixelDistance: number,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<MarkPicture> {
  const { base, edited, label } = await makeUnit(unit, manifest, pipeline, context);
  const { prompt, seed } = base.request;
  return { prompt, seed, label, before: base.picture, after: edited.picture, pixelDistance };
}

/** The pictures of two prompts; of a transfer its own between them. */
async function showPair(
  unit: PairUnit,
  pixelDistance: number,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<MarkPicture> {
  const transfer =
    unit.kind === 'transfer' ? await makeTransfer(unit, manifest, pipeline, context) : undefined;
  const { runs, label } = transfer ?? (await pairPictures(unit, manifest, pipeline, context));
  const { original, edited } = runs;
  return {
    ...{ prompt: `${original.request.prompt} → ${edited.request.prompt}`, label, pixelDistance },
    ...{ seed: original.request.seed, before: original.picture },
    after: transfer ? transfer.edited.picture : edited.picture,
    ...(transfer && { wanted: edited.picture }),
  };
}

/** A picture that states a factor beside one that does not. */
async function showScenes(
  { positive, negative, label }: ScenePair,
  { settled }: ReportManifest,
  { editing }: Pipeline,
  context: MeasureContext,
): Promise<MarkPicture> {
  const of = (scene: number) =>
    editing.base(
      {
        ...{ prompt: '', seed: 0, ...settled.scenes.pictures[scene] },
        ...{ ...settled.picture, steps: settled.steps.main },
      },
      {},
      context,
    );
  const [without, having] = [await of(negative), await of(positive)];
  return {
    ...{ prompt: `${without.request.prompt} | ${having.request.prompt}`, label },
    ...{ seed: having.request.seed, before: without.picture, after: having.picture },
    pixelDistance: figuresOf(without, having, wholePicture).pixelDistance,
  };
}

/** @throws `invalidInput` for a model whose files are others than those that were measured */
export function checkSameModel(
  { settled }: ReportManifest,
  hashes: Readonly<Record<string, string>>,
): void {
  const { hashes: measured, id } = settled.model;
  const changed = Object.keys(measured).filter((name) => measured[name] !== hashes[name]);
  if (changed.length === 0) return;
  throw new FeaturescopeError(
    'invalidInput',
    `The report was measured on other files of ${id} (${changed.slice(0, 3).join(', ')} differ): its pictures cannot be made again. Choose that model, or measure a new report.`,
  );
}
