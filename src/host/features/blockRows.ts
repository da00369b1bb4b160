import { activities } from '../../numerics/codes.ts';
import type { BlockDescription, BlockReading, SaeSummary } from '../../protocol/features.ts';
import { paperBlocks } from '../../protocol/paperBlocks.ts';
import { type IdFilter, isListed } from './idFilter.ts';

/** Active features of the current picture by strength, or every id of the SAE. */
export type FeatureMode = 'active' | 'all';

/** A block as the tree lists it. */
export interface BlockRow {
  readonly block: string;
  readonly path: string;
  /** The paper's word; undefined for a block that it does not speak of. */
  readonly role: string | undefined;
  readonly nFeatures: number;
  readonly sae: SaeSummary | undefined;
  /** What it did in the current picture; undefined without one. */
  readonly reading: BlockReading | undefined;
  /** Ids that were active, the strongest first. */
  readonly active: readonly FeatureRow[];
}

export interface FeatureRow {
  readonly id: number;
  /** Mean activation over the cells of the first step; 0 when it was not active. */
  readonly mean: number;
  readonly cells: number;
}

/** Blocks with an SAE or a reading, in the model's order. */
export function blockRows(
  described: readonly BlockDescription[],
  readings: readonly BlockReading[],
): BlockRow[] {
  const names = new Set([
    ...described.filter(({ sae }) => sae).map(({ block }) => block),
    ...readings.map(({ block }) => block),
  ]);
  return [...names].flatMap((name) => {
    const description = described.find(({ block }) => block === name);
    const reading = readings.find(({ block }) => block === name);
    const path = description?.path ?? reading?.path;
    if (path === undefined) return [];
    const sae = description?.sae ?? undefined;
    return [
      {
        block: name,
        path,
        role: paperBlocks.find((one) => one.name === name)?.role,
        nFeatures: reading?.nFeatures ?? sae?.nFeatures ?? 0,
        sae,
        reading,
        active: reading ? activeOf(reading) : [],
      },
    ];
  });
}

function activeOf(reading: BlockReading): FeatureRow[] {
  const [step] = reading.steps;
  if (!step) return [];
  return activities({ ...reading, ids: step.ids, values: step.values })
    .map(({ id, mean, cells }) => ({ id, mean, cells }))
    .sort((a, b) => b.mean - a.mean || a.id - b.id);
}

/** A page of a block's features: pinned ones first, then by strength or by id. */
export function featureRows(
  { active, nFeatures }: BlockRow,
  options: {
    readonly mode: FeatureMode;
    readonly filter: IdFilter;
    readonly pinned: readonly number[];
    readonly limit: number;
  },
): { rows: FeatureRow[]; hasMore: boolean } {
  const { mode, filter, pinned, limit } = options;
  const known = new Map(active.map((row) => [row.id, row]));
  const rowOf = (id: number): FeatureRow => known.get(id) ?? { id, mean: 0, cells: 0 };
  const listed = (id: number): boolean => isListed(filter, id) && !pinned.includes(id);
  const ids =
    mode === 'active'
      ? active.map(({ id }) => id).filter(listed)
      : Array.from({ length: nFeatures }, (_, id) => id).filter(listed);
  const onTop = pinned.filter((id) => isListed(filter, id));
  const page = [...onTop, ...ids].slice(0, limit);
  return { rows: page.map(rowOf), hasMore: onTop.length + ids.length > limit };
}
