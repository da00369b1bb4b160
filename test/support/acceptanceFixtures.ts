import type { AcceptanceState } from '../../src/protocol/acceptancePanel.ts';
import type { AcceptanceRecord, FitFigures, SaeEntry } from '../../src/protocol/saes.ts';

export const acceptanceRef = { modelDir: '/models/mini', saeId: 'mid.0-20261123111039826-829f46' };

export const aSae = (change: Partial<SaeEntry> = {}): SaeEntry => ({
  saeId: acceptanceRef.saeId,
  origin: 'imported',
  format: 'saelens',
  kind: 'topk',
  block: 'mid.0',
  path: 'mid_block.attentions.0',
  blockPath: 'unet.mid_block.attentions.0',
  importedAt: '2026-11-23T11:10:39.826Z',
  dModel: 192,
  nFeatures: 1536,
  rule: 'TopK 10, then ReLU',
  normalisation: 'none',
  target: 'update',
  notes: ['Orientation proved: encoder and decoder agree for 100.0 % of the features.'],
  sourceFiles: [
    { name: 'cfg.json', sizeBytes: 328, sha256: 'ab'.repeat(32) },
    { name: 'sae_weights.safetensors', sizeBytes: 2_366_506, sha256: 'cd'.repeat(32) },
  ],
  sizeBytes: 2_366_976,
  sha256: 'ef'.repeat(32),
  storage: 'float32',
  activeBecause: 'newest',
  isForOtherWeights: false,
  ...change,
});

const someFigures = (rSquared: number | null, cellCount = 256): FitFigures => ({
  cellCount,
  explainedVariance: rSquared === null ? null : rSquared - 0.043,
  rSquared,
  l0: 10,
  deadShare: 0.96,
});

export const aReport = (change: Partial<AcceptanceRecord> = {}): AcceptanceRecord => ({
  version: 1,
  saeId: acceptanceRef.saeId,
  sha256: 'ef'.repeat(32),
  modelId: 'mini',
  blockPath: 'unet.mid_block.attentions.0',
  target: 'update',
  rule: 'TopK 10, then ReLU',
  settings: {
    prompts: ['a castle at night', 'two bananas', 'a red apple | a dog', '=a bee'],
    seed: 7,
    steps: 2,
    guidanceScale: 0,
  },
  provider: 'cpu',
  createdAt: '2026-11-23T11:20:00.000Z',
  durationMs: 2300,
  formulas: { explainedVariance: 'mean of 1 - Var / Var', rSquared: '1 - Σ / Σ' },
  perStep: [0, 1].map((stepIndex) => ({ stepIndex, figures: someFigures(0.98, 512) })),
  overall: someFigures(0.9807),
  readings: [
    {
      name: 'another-block',
      description: 'the samples of unet.up_blocks.0.attentions.0',
      figures: someFigures(-0.2046),
    },
    {
      name: 'update-instead-of-output',
      description: "the stage's output",
      figures: someFigures(0.31),
    },
    {
      name: 'transposed',
      description: 'both matrices, along their other axis',
      figures: someFigures(null),
    },
    { name: 'b-pre-dropped', description: 'b_pre not subtracted', figures: someFigures(0.57) },
  ],
  verdict: {
    status: 'accepted',
    name: 'as-declared',
    text: 'The SAE explains its samples as declared: R² 0.981.',
  },
  ...change,
});

export const aRejection = (): AcceptanceRecord =>
  aReport({
    createdAt: '2026-11-23T11:25:00.000Z',
    verdict: {
      status: 'rejected',
      name: 'update-instead-of-output',
      text: "It was trained on the stage's output, not on its update ΔD: R² 0.250 as declared, R² 0.310 with the stage's output.",
    },
  });

const limits = {
  ...{ stepsMax: 50, guidanceScaleMax: 30, promptLengthMax: 10_000 },
  ...{ sizeMultiple: 8, sizeMin: 64, sizeMax: 512 },
};

export const anAcceptanceState = (change: Partial<AcceptanceState> = {}): AcceptanceState => ({
  sae: aSae(),
  isGone: false,
  model: { title: 'Mini', limits },
  settings: aReport().settings,
  report: aReport(),
  status: { kind: 'idle' },
  problem: null,
  ...change,
});
