import type { BoardCell, BoardState } from '../../src/protocol/boardPanel.ts';
import type { AmountCheck, EditFigures } from '../../src/protocol/interventions.ts';
import type { EditRecipe, PictureBase } from '../../src/protocol/recipe.ts';
import { aForm } from './resultFixtures.ts';

export const aBase: PictureBase = { ...aForm, steps: 4 };

export const figuresOf = (distance: number): EditFigures => ({
  pixelDistance: distance,
  pixelDistanceMax: 120,
  ssim: 1 - distance / 40,
  latentDistance: distance / 60,
  area: { kind: 'active', share: 0.12, inside: distance * 5, outside: distance / 2, locality: 10 },
});

export const anAmount = (change: Partial<AmountCheck> = {}): AmountCheck => ({
  editIndex: 0,
  block: 'up.0.1',
  label: 'up.0.1/36',
  amount: 12,
  mean: 3,
  std: 1.5,
  max: 14,
  maxFrom: 'picture',
  ofUpdate: 0.4,
  cell: 77,
  step: 0,
  isOutside: false,
  reason: '',
  ...change,
});

/** The fake host paints `p-SEED`: the seed moves the ball, so different ids are different pictures. */
export const aCell = (pictureId: string, distance: number | null = 4): BoardCell => ({
  pictureId,
  figures: distance === null ? null : figuresOf(distance),
  amounts: [],
  reuse:
    distance === null
      ? null
      : { steps: 0, segments: 3, segmentCount: 5, unetMs: 31.2, runMs: 44.1 },
  runId: null,
});

export const removal = (block: string, feature: number): EditRecipe => ({
  version: 1,
  edits: [{ kind: 'scale', block, sources: [{ feature }], factor: 0, maps: 'static' }],
});

export const addition = (block: string, feature: number, value = 10): EditRecipe => ({
  version: 1,
  edits: [
    {
      kind: 'add',
      block,
      sources: [{ feature }],
      strength: { value, unit: 'mean' },
      rows: 'both',
    },
  ],
});

/** Two variants of one picture, both made; the second one in focus. */
export function aBoard(change: Partial<BoardState> = {}): BoardState {
  const variants = [
    { id: 'v1', recipe: removal('down.2.1', 3) },
    { id: 'v2', recipe: addition('up.0.1', 36) },
  ];
  return {
    document: { base: aBase, baseRunId: 'run-7', axis: { kind: 'one' }, variants },
    columns: [
      {
        base: aBase,
        label: 'seed 7',
        original: aCell('p-7', null),
        edited: {
          v1: aCell('p-8', 3.2),
          v2: { ...aCell('p-9', 14.5), amounts: [outside] },
        },
      },
    ],
    undo: 'add variant',
    redo: null,
    isFile: false,
    focusId: 'v2',
    focusColumn: 0,
    paintRequests: 0,
    blocks: [
      { block: 'down.1.0', width: 64, nFeatures: null, hasMeans: false },
      { block: 'down.2.1', width: 192, nFeatures: 640, hasMeans: true },
      { block: 'mid.0', width: 192, nFeatures: 640, hasMeans: true },
      { block: 'up.0.0', width: 192, nFeatures: 640, hasMeans: true },
      { block: 'up.0.1', width: 192, nFeatures: 640, hasMeans: true },
    ],
    modelTitle: 'Mini (embedded)',
    isEmbedded: true,
    isLive: true,
    isKeeping: true,
    seen: 0,
    shown: 0,
    isPreviewing: false,
    guards: {},
    troubles: {},
    job: null,
    evidence: {},
    rank: null,
    ground: 'g',
    icons: [],
    problem: null,
    ...change,
  };
}

export const outside: AmountCheck = anAmount({
  amount: 30,
  ofUpdate: 2.1,
  isOutside: true,
  reason: '30 is 2.1 times the observed maximum 14 of this picture.',
});

export const emptyBoard = (): BoardState =>
  aBoard({
    document: { base: null, baseRunId: null, axis: { kind: 'one' }, variants: [] },
    columns: [],
    undo: null,
    focusId: null,
  });

/** Everything that can be found out, found out. */
export function boardWithEvidence(): BoardState {
  const strip = (unit: string, strengths: readonly number[]) => ({
    label: 'up.0.1/36',
    unit,
    original: aCell('p-7', null),
    pictures: strengths.map((strength, index) => ({
      strength,
      cell: aCell(`p-${20 + index}`, Math.abs(strength) * 0.7),
    })),
  });
  const kinds = ['random', 'random', 'sign', 'direction', 'permuted'] as const;
  return aBoard({
    evidence: {
      v2: {
        controls: {
          effect: aCell('p-9', 14.5),
          mass: 120,
          region: 'active',
          seed: 0,
          controls: kinds.map((kind, index) => ({
            kind,
            label: `${kind} ${index}`,
            mass: 120,
            cell: aCell(`p-${30 + index}`, 2 + index),
          })),
        },
        downstream: {
          controlLabels: ['random 1', 'random 2'],
          blocks: [
            {
              block: 'up.0.1',
              total: 12.5,
              controlTotals: [3, 4],
              changes: [
                {
                  feature: 12,
                  before: 1.2,
                  after: 4.8,
                  change: 3.6,
                  controlMean: 0.1,
                  controlStd: 0.3,
                  effectSize: 11.7,
                },
              ],
            },
          ],
        },
        strip: strip('mean', [-20, -10, -5, 0, 5, 10, 20]),
        isStale: true,
      },
    },
    rank: {
      features: [
        { block: 'up.0.1', feature: 36, activation: 2, effect: 9, pixelDistance: 9, ssim: 0.7 },
        { block: 'mid.0', feature: 4, activation: 5, effect: 3, pixelDistance: 3, ssim: 0.9 },
      ],
      totalCount: 50,
      isComplete: false,
      hasRegion: false,
    },
    icons: [strip('γ', [0.5, 1, 1.5])],
  });
}
