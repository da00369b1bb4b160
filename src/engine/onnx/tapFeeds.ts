import { invalidInput } from '../../protocol/errors.ts';
import type { TensorRef, TensorValue } from '../../protocol/tensors.ts';
import {
  type BatchShape,
  cellMapTensor,
  checkFinite,
  float32,
  stackedMapsTensor,
} from './cellMaps.ts';
import type { SplicedTap } from './spliceTaps.ts';
import type { ListedEdit, TapEdit } from './tapEdit.ts';
import { type EditPort, portName, type SaeEditPort } from './tapPorts.ts';

/** More than a picture's strongest features of one block, and bounded in memory. */
export const listedEditsMax = 1024;

type Feeds = Partial<Record<EditPort | SaeEditPort, TensorRef>>;

/**
 * All feeds of one tap for one run.
 *
 * @param edit undefined for none: the stage's output then passes untouched, bit for bit
 * @param shape.readCodes whether this run's code readings are wanted; edits that need codes get them anyway
 * @throws `invalidInput` that names the value that cannot be used
 */
export function tapFeeds(
  tap: SplicedTap,
  edit: TapEdit | undefined,
  shape: BatchShape & { readonly readCodes: boolean },
): Readonly<Record<string, TensorRef>> {
  const list = edit?.list ?? [];
  const at = `at ${tap.stage.name}`;
  if (list.length > listedEditsMax) {
    throw invalidInput(
      `There are ${list.length} edits ${at}; at most ${listedEditsMax} can be made.`,
    );
  }
  const isFeature = ({ source }: ListedEdit): boolean => 'feature' in source;
  const needsSae =
    edit?.gain !== undefined || edit?.biasWeight !== undefined || list.some(isFeature);
  if (!tap.sae && needsSae)
    throw invalidInput(`There is no SAE ${at} whose features could be edited.`);

  // A list without entries crashes WebGPU: an edit of weight 0 stands in.
  const standIn: ListedEdit = { source: { direction: new Float32Array(tap.width) }, map: 0 };
  const entries = list.length > 0 ? list : [standIn];
  const needsCodes = entries.some(
    (entry) => isFeature(entry) && ((entry.byCode ?? 0) !== 0 || (entry.whereActive ?? 0) !== 0),
  );
  const feeds: Feeds = {
    edit: bool(edit !== undefined),
    keep: cellMapTensor(edit?.keep ?? 1, `keep ${at}`, shape),
    addition: edit?.addition?.tensor ?? float32([1, 1, 1, 1], new Float32Array(1)),
    additionWeight: cellMapTensor(
      edit?.addition?.weight ?? 0,
      `The weight of the addition ${at}`,
      shape,
    ),
    ...listFeeds(entries, tap.width, at),
    maps: stackedMapsTensor(
      entries.map(({ map }) => map),
      `Edit ${at}: map`,
      shape,
    ),
    ...(tap.sae && {
      encode: bool(shape.readCodes || edit?.gain !== undefined || needsCodes),
      gain: gainTensor(edit?.gain, tap.sae.nFeatures, at, shape.rows),
      gainMap: cellMapTensor(edit?.gainMap ?? 1, `gainMap ${at}`, shape),
      biasWeight: cellMapTensor(edit?.biasWeight ?? 0, `biasWeight ${at}`, shape),
      ...featureFeeds(entries, tap.sae.nFeatures, at),
    }),
  };
  return Object.fromEntries(
    Object.entries(feeds).map(([port, tensor]) => [
      portName(tap.stage.name, port as keyof Feeds),
      tensor,
    ]),
  );
}

/** What the session of a tap feeds where a run gives nothing: no edit, and codes are read. */
export const defaultFeeds = (tap: SplicedTap): Readonly<Record<string, TensorValue>> =>
  tapFeeds(tap, undefined, { rows: 1, cells: 1, readCodes: true }) as Readonly<
    Record<string, TensorValue>
  >;

/** What a run without an edit has to give beside the defaults. */
export const unlikeDefault = (
  { sae, stage }: SplicedTap,
  readCodes: boolean,
): Readonly<Record<string, TensorRef>> =>
  sae && !readCodes ? { [portName(stage.name, 'encode')]: bool(false) } : {};

function listFeeds(entries: readonly ListedEdit[], width: number, at: string): Feeds {
  const own = entries.map(({ source }) => ('feature' in source ? undefined : source));
  const count = own.some((source) => source) ? entries.length : 1;
  const rows = (pick: 'direction' | 'read'): TensorValue => {
    const data = new Float32Array(count * width);
    own.forEach((source, index) => {
      const row = source?.[pick];
      if (!row) return;
      data.set(checkFinite(row, `Edit ${at}: ${pick} ${index}`, width), index * width);
    });
    return float32([count, width], data);
  };
  const terms = Float32Array.from(
    entries.flatMap(({ constant, byCode, whereActive }) => [constant, byCode, whereActive]),
    (weight) => weight ?? 0,
  );
  const readBias = Float32Array.from(own, (source) => source?.readBias ?? 0);
  return {
    terms: float32([entries.length, 3], checkFinite(terms, `Edit ${at}: weights`, terms.length)),
    directions: rows('direction'),
    reads: rows('read'),
    readBias: float32(
      [entries.length],
      checkFinite(readBias, `Edit ${at}: readBias`, entries.length),
    ),
  };
}

function featureFeeds(entries: readonly ListedEdit[], nFeatures: number, at: string): Feeds {
  const ids = entries.map(({ source }) => ('feature' in source ? source.feature : 0));
  for (const id of ids) {
    if (Number.isSafeInteger(id) && id >= 0 && id < nFeatures) continue;
    throw invalidInput(`There is no feature ${id} ${at}: its SAE has 0 ... ${nFeatures - 1}.`);
  }
  const weights = Float32Array.from(entries, ({ source }) => ('feature' in source ? 1 : 0));
  return {
    features: { dtype: 'int64', dims: [ids.length], data: BigInt64Array.from(ids, BigInt) },
    featureWeights: float32([ids.length], weights),
  };
}

function gainTensor(
  gain: TapEdit['gain'],
  nFeatures: number,
  at: string,
  rows: number,
): TensorValue {
  if (gain === undefined) return float32([1, nFeatures], new Float32Array(nFeatures));
  const perRow = gain instanceof Float32Array ? [gain] : gain;
  if (perRow.length !== 1 && perRow.length !== rows) {
    throw invalidInput(`gain ${at} is given for ${perRow.length} rows, but the batch has ${rows}.`);
  }
  const data = new Float32Array(perRow.length * nFeatures);
  perRow.forEach((row, index) => {
    data.set(checkFinite(row, `gain ${at}`, nFeatures), index * nFeatures);
  });
  return float32([perRow.length, nFeatures], data);
}

const bool = (value: boolean): TensorValue => ({
  dtype: 'bool',
  dims: [],
  data: Uint8Array.of(value ? 1 : 0),
});
