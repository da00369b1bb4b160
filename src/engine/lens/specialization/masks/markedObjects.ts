import { significant } from '../../../../numerics/significant.ts';
import { markKey } from '../charts/chartData.ts';
import type { MaskScoreRow, ReportRow } from '../reportRows.ts';
import type { SceneMasks } from './maskFile.ts';
import { overlaps } from './scoreMasks.ts';

/** An object in a picture, and where the feature is active that was chosen for its noun. */
export interface MarkedObject {
  readonly scene: number;
  readonly label: string;
  /** By cell: the share of steps in which the feature is active; 1 where the object is. */
  readonly active: Float32Array; // [cells]
  readonly mask: Float32Array; // [cells]
}

/** What a dictionary's entries are called; channels and components have two each, one a sign. */
const names: Readonly<Record<MaskScoreRow['arm'], (block: string, id: number) => string>> = {
  feature: (block, id) => `${block}/${id}`,
  random: (_, id) => `random direction ${id}`,
  channel: (_, id) => `channel ${signed(id)}`,
  component: (_, id) => `principal component ${signed(id)}`,
};

const signed = (id: number): string => `${id >> 1}${id % 2 === 1 ? ', downwards' : ''}`;

/**
 * The measuring pictures behind a bar of objects' cells, one for each noun that they show, from the lowest IoU to the highest.
 *
 * @returns undefined for a key that is not about objects' cells
 */
export async function markedObjectsBehind(
  key: string,
  rows: readonly ReportRow[],
  { masks }: { readonly masks: () => Promise<readonly SceneMasks[]> },
): Promise<readonly MarkedObject[] | undefined> {
  const scored = rows.filter(
    (row): row is MaskScoreRow => row.kind === 'maskScore' && markKey(row) === key,
  );
  if (scored.length === 0) return undefined;
  const measuring = (await masks()).filter(({ scene }) => scene % 2 === 1);
  return scored
    .flatMap((row) => measuring.flatMap((scene) => objectIn(scene, row) ?? []))
    .sort((a, b) => a.iou - b.iou);
}

function objectIn(
  { scene, nouns, blocks }: SceneMasks,
  { block, arm, noun, feature }: MaskScoreRow,
): (MarkedObject & { readonly iou: number }) | undefined {
  const own = blocks[block];
  const places = own?.masks[nouns.findIndex((each) => each.noun === noun)];
  if (!own || !places || feature === null) return undefined;
  const { cellCount, stepCount } = own;
  const [mask, active] = [new Float32Array(cellCount), new Float32Array(cellCount)];
  for (const cell of places) mask[cell] = 1;
  for (const place of placesOf(own.active[arm], feature)) {
    active[place % cellCount]! += 1 / stepCount;
  }
  const iou = overlaps([{ block: own, mask: places }], arm).get(feature) ?? 0;
  const label = `${noun}: cells of ${names[arm](block, feature)}, IoU ${significant(iou)}`;
  return { scene, label, active, mask, iou };
}

/** Where a feature is active: `step · cellCount + cell`. */
function placesOf(
  found: SceneMasks['blocks'][string]['active'][MaskScoreRow['arm']],
  feature: number,
): readonly number[] {
  const at = found?.ids.indexOf(feature) ?? -1;
  if (!found || at < 0) return [];
  const start = found.counts.slice(0, at).reduce((sum, count) => sum + count, 0);
  return found.cells.slice(start, start + (found.counts[at] ?? 0));
}
