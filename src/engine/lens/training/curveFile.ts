import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { TrainPlan } from '../../../protocol/training.ts';
import { writeWhole } from '../../files/writeWhole.ts';
import type { CurvePoint } from './trainingRecord.ts';

/** A line with the plan, then a line a point: what is shown of a training while it runs. */
const fileName = 'curve.jsonl';

const number = z.number();
const planSchema = z.object({
  ...{ dir: z.string(), sampleCount: number, batchSize: number, stepCount: number },
  ...{ doneSteps: number, deadAfterSteps: number, memoryBytes: number },
  saes: z.array(
    z.object({
      ...{ name: z.string(), block: z.string() },
      ...{ dModel: number, nFeatures: number, k: number, learningRate: number },
    }),
  ),
});
const pointSchema = z.object({
  step: number,
  saes: z.record(
    z.string(),
    z.object({
      ...{ loss: number, auxLoss: number, explainedVariance: number, l0: number },
      deadCount: number,
    }),
  ),
});

/**
 * Begins the file anew with the points of the checkpoint that the training goes on from: what came after it is made again.
 *
 * @param dir the job's own folder
 * @returns adds a point
 */
export async function beginCurveFile(
  dir: string,
  plan: TrainPlan,
  points: readonly CurvePoint[],
): Promise<(point: CurvePoint) => Promise<void>> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, fileName);
  await writeWhole(path, [plan, ...points].map((line) => `${JSON.stringify(line)}\n`).join(''));
  return (point) => appendFile(path, `${JSON.stringify(point)}\n`);
}

export interface KeptCurve {
  readonly plan: TrainPlan;
  readonly points: readonly CurvePoint[];
  /** Points that the file holds. */
  readonly pointCount: number;
}

/**
 * @param pointsMax evenly fewer are read when there are more; the last one always is
 * @returns undefined when the training has not begun, or the file is not ours
 */
export async function readCurveFile(
  dir: string,
  pointsMax: number,
): Promise<KeptCurve | undefined> {
  const text = await readFile(join(dir, fileName), 'utf8').catch(() => '');
  // Behind the last line break a line may be half written.
  const [head = '', ...lines] = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  lines.pop();
  const plan = parsed(planSchema, head);
  if (!plan) return undefined;
  const stride = Math.max(1, Math.ceil(lines.length / pointsMax));
  const last = lines.length - 1;
  const points = lines.flatMap((line, index) => {
    // Counted from the end, so that the last one is there.
    const point = (last - index) % stride === 0 ? parsed(pointSchema, line) : undefined;
    return point ? [point] : [];
  });
  return { plan, points, pointCount: lines.length };
}

function parsed<Value>(schema: z.ZodType<Value>, line: string): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
