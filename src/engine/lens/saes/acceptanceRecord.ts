import * as z from 'zod';
import type { AcceptanceRecord, FitFigures as WireFigures } from '../../../protocol/saes.ts';
import type { AcceptanceReport } from '../acceptance.ts';
import type { FitFigures } from '../acceptanceFigures.ts';

/** Numbers that are none do not survive JSON: there, and in a file, they are null. */
const figuresOf = (figures: FitFigures): WireFigures => ({
  ...figures,
  explainedVariance: orNull(figures.explainedVariance),
  rSquared: orNull(figures.rSquared),
});
const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

type Circumstances = Omit<
  AcceptanceRecord,
  'version' | 'blockPath' | 'target' | 'formulas' | 'perStep' | 'overall' | 'readings' | 'verdict'
>;

/** A report with what it was made of, fit to be kept. */
export const acceptanceRecord = (
  report: AcceptanceReport,
  circumstances: Circumstances,
): AcceptanceRecord => ({
  version: 1,
  ...circumstances,
  blockPath: report.blockPath,
  target: report.target,
  formulas: report.formulas,
  perStep: report.perStep.map(({ stepIndex, figures }) => ({
    stepIndex,
    figures: figuresOf(figures),
  })),
  overall: figuresOf(report.overall),
  readings: report.readings.map(({ name, description, figures }) => ({
    name,
    description,
    figures: figuresOf(figures),
  })),
  verdict: report.verdict,
});

const figures = z.object({
  cellCount: z.number(),
  explainedVariance: z.number().nullable(),
  rSquared: z.number().nullable(),
  l0: z.number(),
  deadShare: z.number(),
});
const schema = z.object({
  version: z.literal(1),
  saeId: z.string(),
  sha256: z.string(),
  modelId: z.string(),
  blockPath: z.string(),
  target: z.enum(['update', 'output']),
  rule: z.string(),
  settings: z.object({
    prompts: z.array(z.string()),
    seed: z.number(),
    steps: z.number(),
    guidanceScale: z.number(),
  }),
  provider: z.enum(['cpu', 'cuda', 'webgpu', 'dml', 'coreml']),
  createdAt: z.string(),
  durationMs: z.number(),
  formulas: z.object({ explainedVariance: z.string(), rSquared: z.string() }),
  perStep: z.array(z.object({ stepIndex: z.number(), figures })),
  overall: figures,
  readings: z.array(z.object({ name: z.string(), description: z.string(), figures })),
  verdict: z.object({
    status: z.enum(['accepted', 'rejected', 'doubtful']),
    name: z.string(),
    text: z.string(),
  }),
});

/** A kept report; undefined for one that is not whole, of another version, or of other weights. */
export function parseAcceptance(value: unknown, sha256: string): AcceptanceRecord | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success && parsed.data.sha256 === sha256 ? parsed.data : undefined;
}
