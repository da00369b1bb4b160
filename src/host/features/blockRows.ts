import { activities, type FeatureActivity } from '../../numerics/codes.ts';
import type { BlockDescription, BlockReading, SaeSummary } from '../../protocol/features.ts';
import { paperBlocks } from '../../protocol/paperBlocks.ts';
import { type FeatureFilter, isListed } from './featureFilter.ts';

/** Features that were active in the current picture, every one of the SAE, or those that were pinned. */
export const featureModes = ['active', 'all', 'pinned'] as const;
export type FeatureMode = (typeof featureModes)[number];
export const featureSorts = ['strength', 'id'] as const;
export type FeatureSort = (typeof featureSorts)[number];

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
  /** The step that is listed, counted from 0: the last one where the picture has fewer. */
  readonly stepIndex: number;
  /** Ids that were active at that step, the strongest first. */
  readonly active: readonly FeatureRow[];
}

export interface FeatureRow {
  readonly id: number;
  /** Mean activation over the cells of the step; 0 when it was not active. */
  readonly mean: number;
  readonly cells: number;
  readonly label?: string;
}

/** Blocks with an SAE or a reading, in the model's order, as they were at a step (counted from 0). */
export function blockRows(
  described: readonly BlockDescription[],
  readings: readonly BlockReading[],
  stepIndex = 0,
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
    const step = Math.max(0, Math.min(stepIndex, (reading?.steps.length ?? 1) - 1));
    return [
      {
        block: name,
        path,
        role: paperBlocks.find((one) => one.name === name)?.role,
        nFeatures: reading?.nFeatures ?? sae?.nFeatures ?? 0,
        sae,
        reading,
        stepIndex: step,
        active: reading ? activeOf(reading, step) : [],
      },
    ];
  });
}

const byStrength = (a: FeatureRow, b: FeatureRow): number => b.mean - a.mean || a.id - b.id;

function activeOf(reading: BlockReading, stepIndex: number): FeatureRow[] {
  const step = reading.steps[stepIndex];
  if (!step) return [];
  return activities({ ...reading, ids: step.ids, values: step.values })
    .map(({ id, mean, cells }: FeatureActivity) => ({ id, mean, cells }))
    .sort(byStrength);
}

/** @param label undefined: it has none */
export function labelled({ id, mean, cells }: FeatureRow, label: string | undefined): FeatureRow {
  return label === undefined ? { id, mean, cells } : { id, mean, cells, label };
}

export interface FeatureListing {
  readonly mode: FeatureMode;
  readonly sort: FeatureSort;
  readonly filter: FeatureFilter;
  readonly pinned: readonly number[];
  readonly limit: number;
  readonly labelOf: (id: number) => string | undefined;
}

/** A page of a block's features: pinned ones first, then the others, each by strength or by id. */
export function featureRows(
  { active, nFeatures }: BlockRow,
  { mode, sort, filter, pinned, limit, labelOf }: FeatureListing,
): { rows: FeatureRow[]; hasMore: boolean } {
  const known = new Map(active.map((row) => [row.id, row]));
  const isPinned = new Set(pinned);
  const rowOf = (id: number): FeatureRow => known.get(id) ?? { id, mean: 0, cells: 0 };
  const order = (ids: readonly number[]): FeatureRow[] => {
    const rows = ids.filter((id) => isListed(filter, id, labelOf)).map(rowOf);
    return rows.sort(sort === 'id' ? (a, b) => a.id - b.id : byStrength);
  };
  const others = {
    active: () => active.map(({ id }) => id),
    all: () => Array.from({ length: nFeatures }, (_, id) => id),
    pinned: () => [],
  }[mode]();
  const listed = [...order(pinned), ...order(others.filter((id) => !isPinned.has(id)))];
  const rows = listed.slice(0, limit).map((row) => labelled(row, labelOf(row.id)));
  return { rows, hasMore: listed.length > limit };
}
