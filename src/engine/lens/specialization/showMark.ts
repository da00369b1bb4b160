import { FeaturescopeError, invalidInput, modelError } from '../../../protocol/errors.ts';
import type { MarkPicture, MarkPictures } from '../../../protocol/specialization.ts';
import type { ExtraTaps } from '../../onnx/findStages.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { figuresOf, wholePicture } from '../intervene/editFigures.ts';
import { markKey } from './charts/chartData.ts';
import { checkSae, sceneRequest } from './factors/observeScene.ts';
import { type ScenePair, scenePairsBehind } from './factors/scenePairs.ts';
import { litCells } from './masks/litCells.ts';
import { type MarkedObject, markedObjectsBehind } from './masks/markedObjects.ts';
import type { SceneMasks } from './masks/maskFile.ts';
import type { ReportPorts } from './measureReport.ts';
import {
  type BlockUnit,
  makeUnit,
  type MeasureContext,
  type PairUnit,
  steppedRun,
} from './measureUnit.ts';
import type { ReportManifest } from './reportManifest.ts';
import { type ReportRow, rowKey } from './reportRows.ts';
import { type ReportUnit, unitKey, unitsOf } from './reportUnits.ts';
import { type StepsPicture, stepsBehind } from './stepsBehind.ts';
import { makeTransfer, pairPictures } from './transfer/measurePairs.ts';

const limitMax = 24;

/** What a report keeps beside its rows, read when it is needed. */
interface ShowContext extends Pick<MeasureContext, 'components' | 'scenes'> {
  readonly masks: () => Promise<readonly SceneMasks[]>;
}

/** Two or three pictures behind a mark, and how they are made again. */
interface Behind {
  readonly extraTaps?: ExtraTaps | undefined;
  readonly make: (pipeline: Pipeline) => Promise<MarkPicture>;
}

/** What stands behind a mark, and how it is ordered: "from ... to ...". */
interface Found {
  readonly behind: readonly Behind[];
  readonly order: string;
}

/**
 * Pictures behind a mark, made again, evenly from the first to the last in their order.
 *
 * @throws `invalidInput` for a key that the report does not have, a limit outside of 1 ... 24
 */
export async function picturesOfMark(
  { key, limit }: { readonly key: string; readonly limit: number },
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  ports: ReportPorts,
  context: ShowContext,
): Promise<MarkPictures> {
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= limitMax)) {
    throw invalidInput(`${limit} pictures cannot be shown; allowed are 1 to ${limitMax}.`);
  }
  const whole = { ...context, signal: ports.signal };
  const { behind: found, order } =
    (await scenesBehind(key, manifest, rows, whole)) ??
    (await objectsBehind(key, manifest, rows, whole)) ??
    stepsShown(key, manifest, rows, whole) ??
    rowsBehind(key, manifest, rows, whole);
  if (found.length === 0) throw invalidInput(`The report has no pictures "${key.slice(0, 200)}".`);
  const count = Math.min(limit, found.length);
  const chosen = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (found.length - 1)) / (count - 1)),
  ).flatMap((place) => found[place] ?? []);
  const pictures: MarkPicture[] = [];
  for (const { make, extraTaps } of chosen) pictures.push(await ports.turn(make, { extraTaps }));
  return { pictures, count: found.length, order };
}

/** @returns undefined for a key that is not about pairs of scenes */
async function scenesBehind(
  key: string,
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  context: MeasureContext,
): Promise<Found | undefined> {
  const pairs = await scenePairsBehind(key, manifest, rows, context);
  return (
    pairs && {
      behind: pairs.map((pair) => ({
        make: (pipeline) => showScenes(pair, manifest, pipeline, context),
      })),
      order:
        'from the pair in which the best feature differs least to the one in which it differs most',
    }
  );
}

/** @returns undefined for a key that is not about objects' cells */
async function objectsBehind(
  key: string,
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  context: MeasureContext & ShowContext,
): Promise<Found | undefined> {
  const objects = await markedObjectsBehind(key, rows, context);
  return (
    objects && {
      behind: objects.map((object) => ({
        make: (pipeline) => showObject(object, manifest, pipeline, context),
      })),
      order: 'from the object whose cells the feature marks worst to the one that it marks best',
    }
  );
}

/** @returns undefined for a key that is not about steps */
function stepsShown(
  key: string,
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  context: MeasureContext,
): Found | undefined {
  const pictures = stepsBehind(key, manifest.settled, rows);
  if (pictures.length === 0) return undefined;
  return {
    behind: pictures.map((picture) => ({
      make: (pipeline) => showSteps(picture, manifest, pipeline, context),
    })),
    order: 'from the lowest figure to the highest',
  };
}

function rowsBehind(
  key: string,
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  context: MeasureContext,
): Found {
  const found = rows
    .flatMap((row) => ('pixel' in row && row.pixel !== null ? [{ ...row, pixel: row.pixel }] : []))
    .filter((row) => {
      if (row.kind !== 'pair') return markKey(row) === key;
      const { kind: of = '' } = manifest.settled.transfer?.pairs[row.pair] ?? {};
      return markKey({ kind: 'pair', of }) === key;
    })
    .sort((a, b) => a.pixel - b.pixel);
  const order = 'from the one that changed least to the one that changed most';
  if (found.length === 0) return { behind: [], order };
  const units = new Map([...unitsOf(manifest)].map((unit) => [unitKey(unit, manifest), unit]));
  const behind = found.flatMap((row): Behind[] => {
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
  return { behind, order };
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
  const shots = [
    { name: 'Unedited', picture: base.picture },
    { name: label, picture: edited.picture },
  ];
  return { prompt, seed, label, shots, pixelDistance };
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
    seed: original.request.seed,
    shots: [
      { name: 'Original', picture: original.picture },
      ...(transfer ? [{ name: 'Original, with what was carried over', picture: transfer.edited.picture }] : []), // prettier-ignore
      { name: 'Edited prompt', picture: edited.picture },
    ],
  };
}

/** A picture that states a factor beside one that does not. */
async function showScenes(
  { positive, negative, label }: ScenePair,
  { settled }: ReportManifest,
  { editing }: Pipeline,
  context: MeasureContext,
): Promise<MarkPicture> {
  const of = (scene: number) => editing.base(sceneRequest(scene, settled), {}, context);
  const [without, having] = [await of(negative), await of(positive)];
  return {
    ...{ prompt: `${without.request.prompt} | ${having.request.prompt}`, label },
    seed: having.request.seed,
    shots: [
      { name: 'Without', picture: without.picture },
      { name: 'With', picture: having.picture },
    ],
    pixelDistance: figuresOf(without, having, wholePicture).pixelDistance,
  };
}

/** A picture, the cells in which a feature is active, and those of an object in it; the others are dark. */
async function showObject(
  { scene, label, active, mask }: MarkedObject,
  { settled }: ReportManifest,
  { editing }: Pipeline,
  context: MeasureContext,
): Promise<MarkPicture> {
  const { picture, request } = await editing.base(sceneRequest(scene, settled), {}, context);
  return {
    ...{ prompt: request.prompt, seed: request.seed, label, pixelDistance: null },
    shots: [
      { name: 'Picture', picture },
      { name: 'Cells of the feature', picture: litCells(picture, active) },
      { name: 'Cells of the object', picture: litCells(picture, mask) },
    ],
  };
}

/** A picture, and its cells by what the codes of its steps say; between them the picture it is compared with. */
async function showSteps(
  { block, prompt, otherPrompt, label, name, shares }: StepsPicture,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<MarkPicture> {
  const read = async (of: number) => {
    const { picture, request, readings } = await steppedRun(of, manifest, pipeline, context);
    const reading = readings.find((each) => each.block === block);
    if (!reading) throw modelError(`The picture has no codes of ${block}.`);
    checkSae({ name: block, sae: { sha256: reading.saeSha256 } }, manifest.settled);
    return { picture, request, reading };
  };
  const own = await read(prompt);
  const other = otherPrompt === undefined ? undefined : await read(otherPrompt);
  return {
    ...{ prompt: own.request.prompt, seed: own.request.seed, label, pixelDistance: null },
    shots: [
      { name: 'Picture', picture: own.picture },
      ...(other ? [{ name: 'Next prompt’s picture', picture: other.picture }] : []),
      { name, picture: litCells(own.picture, shares(own.reading, (other ?? own).reading)) },
    ],
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
