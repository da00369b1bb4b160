import { type ChartMark, type ChartSeries } from '../../../../protocol/specialization.ts';
import { type Crossed, type Interval } from '../crossedBootstrap.ts';
import { editPrompts, type ReportManifest } from '../reportManifest.ts';
import {
  type AblateRow,
  type ConceptRow,
  type DriftRow,
  type EditRow,
  type MaskScoreRow,
  type ProbeRow,
  type RebuildRow,
  type ReportRow,
  rowKey,
  type ScoreRow,
  type StayRow,
  type SteerRow,
  type TransferRow,
} from '../reportRows.ts';

/** A report as far as it is measured, ready for its charts. */
export interface ChartData {
  readonly manifest: ReportManifest;
  readonly rows: ReadonlyMap<string, ReportRow>;
  /** Prompts whose edits are all there. */
  readonly editedPrompts: readonly number[];
}

export function chartData(manifest: ReportManifest, all: readonly ReportRow[]): ChartData {
  const rows = new Map(all.map((row) => [rowKey(row), row]));
  const { blocks, doses, charts } = manifest.settled;
  const arms: EditRow['arm'][] = charts.includes(9)
    ? ['feature', 'random', 'flip']
    : ['feature', 'random'];
  const editedPrompts = editPrompts(manifest.settled).filter((prompt) =>
    blocks.every((block) =>
      slotsOf(manifest, block).every((slot) =>
        doses.every((dose) =>
          arms.every((arm) => rows.has(rowKey({ kind: 'edit', block, prompt, arm, dose, slot }))),
        ),
      ),
    ),
  );
  return { manifest, rows, editedPrompts };
}

export const slotsOf = ({ chosen }: ReportManifest, block: string): readonly number[] =>
  (chosen.features[block] ?? []).map((_, slot) => slot);

/** One figure of an arm at a dose. @returns `[features][prompts]` */
export function crossedOf(
  { manifest, rows }: ChartData,
  prompts: readonly number[],
  place: Pick<EditRow, 'block' | 'arm' | 'dose'>,
  figure: (row: EditRow) => number,
): Crossed {
  return slotsOf(manifest, place.block).map((slot) =>
    prompts.map((prompt) => {
      const row = rows.get(rowKey({ kind: 'edit', ...place, prompt, slot }));
      if (row?.kind === 'edit') return figure(row);
      throw new RangeError(`The report lacks ${rowKey({ kind: 'edit', ...place, prompt, slot })}.`);
    }),
  );
}

/** What names the pictures of a mark. */
export function markKey(
  row:
    | EditRow
    | AblateRow
    | RebuildRow
    | Pick<StayRow, 'kind' | 'block' | 'arm' | 'from' | 'to'>
    /** One step of all prompts' pictures. */
    | { readonly kind: 'steps'; readonly block: string; readonly step: number }
    | Pick<SteerRow, 'kind' | 'block' | 'factor'>
    | Pick<DriftRow, 'kind' | 'block'>
    | Pick<ConceptRow, 'kind' | 'block'>
    | Pick<TransferRow, 'kind' | 'arm' | 'strength'>
    /** All pairs of a kind of edit. */
    | { readonly kind: 'pair'; readonly of: string }
    /** Pictures that show objects, with the cells of each and of a dictionary's best feature. */
    | Pick<MaskScoreRow, 'kind' | 'block' | 'arm'>
    /** The pairs of pictures that score a factor; those of all factors. */
    | Pick<ScoreRow, 'kind' | 'block' | 'factor'>
    | Pick<ProbeRow, 'kind' | 'block'>,
): string {
  if (row.kind === 'transfer') return `transfer ${row.arm} ${row.strength}`;
  if (row.kind === 'pair') return `pair ${row.of}`;
  if (row.kind === 'steps') return `steps ${row.block} ${row.step}`;
  if (row.kind === 'score') return `score ${row.block} ${row.factor}`;
  if (row.kind === 'maskScore') return `mask ${row.block} ${row.arm}`;
  if (row.kind === 'probe') return `probe ${row.block}`;
  if (row.kind === 'steer') return `steer ${row.block} ${row.factor}`;
  if (row.kind === 'drift' || row.kind === 'concept') return `${row.kind} ${row.block}`;
  const head = `${row.kind} ${row.block} ${row.arm}`;
  if (row.kind === 'stay') return `${head} ${row.from} ${row.to}`;
  if (row.kind === 'edit') return `${head} ${row.dose}`;
  return row.kind === 'rebuild'
    ? `${head} ${row.count}`
    : `${head} ${row.window?.join('+') ?? 'all'}`;
}

export const mark = (
  x: number,
  { value, low, high }: Interval,
  n: string,
  more: Partial<ChartMark> = {},
): ChartMark => ({ x, y: value, low, high, n, key: null, ...more });

/** Likeness and shares are between 0 and 1; a cosine of CLIP may be below. */
export const withinShares = ({ value, low, high }: Interval): Interval => ({
  ...{ value, low: Math.max(Math.min(0, value), low), high: Math.min(1, high) },
});

/** How well a block's SAE tells what the block does, on the choosing prompts; stands beside what is measured with it. */
export function fitNote({ chosen }: ReportManifest, block: string): string {
  const words = (value: number | undefined): string => (value ?? NaN).toFixed(2);
  return `EV ${words(chosen.explained[block])}, R² ${words(chosen.rSquared[block])} of the SAE`;
}

/** Series without marks are left out. */
export const drawn = (series: readonly ChartSeries[]): readonly ChartSeries[] =>
  series.filter(({ marks }) => marks.length > 0);
