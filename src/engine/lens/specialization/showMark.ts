import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import type { MarkPicture } from '../../../protocol/specialization.ts';
import { markKey } from './charts/chartData.ts';
import type { ReportPorts } from './measureReport.ts';
import { makeUnit, type MeasureContext } from './measureUnit.ts';
import type { ReportManifest } from './reportManifest.ts';
import { type ReportRow, rowKey } from './reportRows.ts';
import { unitKey, unitsOf } from './reportUnits.ts';

const limitMax = 24;

/**
 * Pictures behind a mark, made again: evenly from the one that changed least to the one that changed most.
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
  const found = rows
    .flatMap((row) => ('pixel' in row && row.pixel !== null ? [{ ...row, pixel: row.pixel }] : []))
    .filter((row) => markKey(row) === key)
    .sort((a, b) => a.pixel - b.pixel);
  if (found.length === 0) throw invalidInput(`The report has no pictures "${key.slice(0, 200)}".`);
  const count = Math.min(limit, found.length);
  const chosen = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (found.length - 1)) / (count - 1)),
  ).flatMap((place) => found[place] ?? []);
  const units = new Map([...unitsOf(manifest)].map((unit) => [unitKey(unit, manifest), unit]));
  const pictures: MarkPicture[] = [];
  for (const row of chosen) {
    const unit = units.get(rowKey(row));
    if (!unit || !('block' in unit) || unit.kind === 'score') continue;
    const { base, edited, label } = await ports.turn(
      (pipeline) => makeUnit(unit, manifest, pipeline, { ...ports, ...context }),
      { withResnets: unit.inResnets ?? false },
    );
    const { prompt, seed } = base.request;
    pictures.push({
      ...{ prompt, seed, label, before: base.picture, after: edited.picture },
      pixelDistance: row.pixel,
    });
  }
  return { pictures, count: found.length };
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
