import { appendFile, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';

const rowsName = 'rows.jsonl';
const number = z.number();
const shared = { block: z.string(), prompt: z.int().nonnegative() };

const editSchema = z.strictObject({
  ...{ kind: z.literal('edit'), ...shared },
  arm: z.enum(['feature', 'flip', 'random']),
  /** ‖δ‖ / rms‖ΔD‖ */
  dose: number,
  /** Place among the block's chosen features, or of the random direction that goes with it. */
  slot: z.int().nonnegative(),
  /** Mean |Δ| of 255: all, inside of the edited area, outside. */
  ...{ pixel: number, inside: number, outside: number, ssim: number },
  /** As `changeFormulas`; colour: null where no pixel stayed in place. */
  ...{ layout: number, colour: number.nullable(), texture: number },
  /** Shares of the change by size; null where nothing changed. */
  ...{ low: number.nullable(), middle: number.nullable(), high: number.nullable() },
});
const ablateSchema = z.strictObject({
  ...{ kind: z.literal('ablate'), ...shared },
  arm: z.enum(['ablate', 'random']),
  /** The only steps in which it was left out; all without it. */
  window: z.array(z.int().nonnegative()).optional(),
  ...{ pixel: number, ssim: number },
});
const stepsSchema = z.strictObject({
  ...{ kind: z.literal('steps'), ...shared },
  /** By step: `Σ‖ΔD - h_hat‖²`, `Σ‖ΔD - mean‖²` over the picture's cells, and active features a cell. */
  ...{ error: z.array(number), spread: z.array(number), l0: z.array(number) },
});
const staySchema = z.strictObject({
  ...{ kind: z.literal('stay'), ...shared },
  /** `same`: two steps of one picture; `other`: the later step of the next prompt's picture. */
  arm: z.enum(['same', 'other']),
  ...{ from: z.int().nonnegative(), to: z.int().nonnegative(), cosine: number, iou: number },
});
const schema = z.discriminatedUnion('kind', [editSchema, ablateSchema, stepsSchema, staySchema]);

export type EditRow = z.infer<typeof editSchema>;
export type AblateRow = z.infer<typeof ablateSchema>;
export type StepsRow = z.infer<typeof stepsSchema>;
export type StayRow = z.infer<typeof staySchema>;
/** One measurement: a line of `rows.jsonl`. */
export type ReportRow = z.infer<typeof schema>;

/** What tells a row from every other of its report. */
export function rowKey(
  row:
    | Pick<EditRow, 'kind' | 'block' | 'prompt' | 'arm' | 'dose' | 'slot'>
    | Pick<AblateRow, 'kind' | 'block' | 'prompt' | 'arm' | 'window'>
    | Pick<StepsRow, 'kind' | 'block' | 'prompt'>
    | Pick<StayRow, 'kind' | 'block' | 'prompt' | 'arm' | 'from' | 'to'>,
): string {
  const { kind, block, prompt } = row;
  const head = [kind, block, prompt];
  switch (row.kind) {
    case 'edit':
      return [...head, row.arm, row.dose, row.slot].join(' ');
    case 'ablate':
      return [...head, row.arm, row.window?.join('+') ?? 'all'].join(' ');
    case 'steps':
      return head.join(' ');
    case 'stay':
      return [...head, row.arm, row.from, row.to].join(' ');
  }
}

const rowText = (row: ReportRow): string => `${JSON.stringify(row)}\n`;

/** Adds rows that belong together, in one write. */
export const appendRows = (dir: string, rows: readonly ReportRow[]): Promise<void> =>
  appendFile(join(dir, rowsName), rows.map(rowText).join(''));

/**
 * The rows of a report, each once. A line that was cut short is left out.
 *
 * @param isOwner cuts off what a crash left half written, so that the next row begins a line of its own
 * @throws `model` for a whole line that is no row
 */
export async function readRows(dir: string, isOwner = false): Promise<readonly ReportRow[]> {
  const path = join(dir, rowsName);
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const end = bytes.lastIndexOf(10) + 1;
  if (isOwner && end < bytes.length) await truncate(path, end);
  const lines = bytes.toString('utf8', 0, end).split('\n');
  lines.pop();
  const rows = new Map<string, ReportRow>();
  for (const [index, line] of lines.entries()) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      value = undefined;
    }
    const { data } = schema.safeParse(value);
    if (!data) throw modelError(`${rowsName}, line ${index + 1}, is no row of a report.`);
    rows.set(rowKey(data), data);
  }
  return [...rows.values()];
}
