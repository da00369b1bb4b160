import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutIntoSegments } from '../../src/engine/onnx/cutIntoSegments.ts';
import { moveExternalData } from '../../src/engine/onnx/externalData.ts';
import { findStages } from '../../src/engine/onnx/findStages.ts';
import type { OnnxGraph } from '../../src/engine/onnx/graph.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import type { SaeActivation, SaeSpec } from '../../src/engine/onnx/saeSpec.ts';
import { type SplicedTap, spliceTaps, type Tap } from '../../src/engine/onnx/spliceTaps.ts';
import type { TapEdit } from '../../src/engine/onnx/tapEdit.ts';
import { tapFeeds } from '../../src/engine/onnx/tapFeeds.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';
import { type DirectSession, openDirect } from '../support/ortDirect.ts';
import { temporaryFolder, writeSaeFile } from '../support/saeFile.ts';
import { noise, toyFeeds, toyUnet } from '../support/toyUnet.ts';

type Values = Record<string, TensorValue>;
type Run = (feeds: Values) => Promise<Values>;

/** A graph with everything that is needed to run it. */
interface Subject {
  readonly label: string;
  readonly graph: () => OnnxGraph;
  readonly feeds: (rows: number) => Values;
  readonly cells: (tap: SplicedTap) => number;
  readonly stages: readonly string[];
  readonly rows: readonly number[];
  /** Share of the largest value by which plain and spliced may differ; 0: the same bits. */
  readonly plainBound: number;
}

const miniDir = join(import.meta.dirname, '..', '..', 'models', 'mini', 'unet');
const folder = temporaryFolder();

function miniFeeds(rows: number): Values {
  const float32 = (dims: readonly number[], seed: number, scale = 1): TensorValue => ({
    dtype: 'float32',
    dims,
    data: noise(
      dims.reduce((a, b) => a * b, 1),
      seed,
      scale,
    ),
  });
  return {
    sample: float32([rows, 4, 32, 32], 1, 2),
    timestep: { dtype: 'float32', dims: [], data: Float32Array.of(999) },
    encoder_hidden_states: float32([rows, 32, 128], 2),
    text_embeds: float32([rows, 64], 3),
    time_ids: float32([rows, 6], 4, 128),
  };
}

const toy = (exporter: 'legacy' | 'dynamo', isHalf: boolean): Subject => ({
  label: `toy, ${exporter}${isHalf ? ', float16' : ''}`,
  graph: () => readGraph(toyUnet({ exporter, isHalf })),
  feeds: (rows) => toyFeeds(rows),
  cells: () => 16,
  stages: ['down.0.0', 'mid.0', 'up.0.0'],
  rows: [1, 2],
  // ONNX Runtime's CPU provider computes float16 sums in float32 and drops the rounding between two of them; at a cut
  // and at a tap the rounding stays: a few float16 steps of 2^-11.
  plainBound: isHalf ? 4e-3 : 0,
});
const subjects: readonly Subject[] = [
  toy('legacy', false),
  toy('dynamo', false),
  toy('legacy', true),
  {
    label: 'embedded model',
    graph: () => moveExternalData(readGraph(readFileSync(join(miniDir, 'model.onnx'))), 'unet'),
    feeds: miniFeeds,
    cells: () => 64,
    stages: ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'],
    rows: [2],
    plainBound: 0,
  },
];

function tapsOf(graph: OnnxGraph, names: readonly string[]): readonly Tap[] {
  const rules: readonly SaeActivation[] = [{ kind: 'topk', k: 4 }, { kind: 'relu' }];
  return findStages(graph)
    .stages.filter(({ name }) => names.includes(name))
    .map((stage, index) => {
      const { width } = stage;
      assert.ok(width !== undefined);
      const nFeatures = 4 * width;
      const weights = {
        encoder: noise(width * nFeatures, index + 1, 0.3),
        decoder: noise(nFeatures * width, index + 11, 0.3),
        encoderBias: noise(nFeatures, index + 21, 0.1),
        decoderBias: noise(width, index + 31, 0.1),
        threshold: undefined,
      };
      const sae: SaeSpec = {
        dModel: width,
        nFeatures,
        target: 'update',
        subtractsDecoderBias: true,
        activation: rules[index % rules.length]!,
        normalisation: { kind: 'none' },
        weights: writeSaeFile(folder.dir, `${width}-${stage.name}.bin`, weights),
      };
      // The last stage is tapped without an SAE.
      return index === names.length - 1 ? { stage } : { stage, sae };
    });
}

describe('a cut and spliced U-net', () => {
  before(() => {
    mkdirSync(join(folder.dir, 'unet'));
    const name = 'model.onnx_data';
    copyFileSync(join(miniDir, name), join(folder.dir, 'unet', name));
  });
  after(() => {
    folder.remove();
  });

  for (const subject of subjects) {
    for (const threadCount of [1, 2]) {
      it(`gives the plain graph's bits without edits (${subject.label}, ${threadCount} threads)`, async function () {
        this.timeout(120_000);
        const sessions: DirectSession[] = [];
        const open = async (bytes: Uint8Array): Promise<DirectSession> => {
          const session = await openDirect(bytes, folder.dir, threadCount);
          sessions.push(session);
          return session;
        };
        try {
          await compare(subject, open);
        } finally {
          for (const session of sessions) await session.release();
        }
      });
    }
  }
});

async function compare(
  subject: Subject,
  open: (bytes: Uint8Array) => Promise<DirectSession>,
): Promise<void> {
  const graph = subject.graph();
  const plain = await open(writeGraph(graph));
  const spliced = spliceTaps(graph, tapsOf(graph, subject.stages));
  const whole = await open(writeGraph(spliced.graph));
  const segments = await Promise.all(
    cutIntoSegments(spliced.graph, spliced.cuts).map(async (segment) => ({
      ...segment,
      session: await open(segment.bytes),
    })),
  );
  const runWhole: Run = (feeds) => whole.run(feeds);
  const runChain: Run = async (feeds) => {
    const known = { ...feeds };
    for (const { inputs, session } of segments) {
      const part = Object.fromEntries(inputs.map(({ name }) => [name, known[name]!]));
      Object.assign(known, await session.run(part));
    }
    return known;
  };

  for (const rows of subject.rows) {
    const base = subject.feeds(rows);
    const fromPlain = (await plain.run(base))['out_sample']!;
    const feeds = (edit: (tap: SplicedTap) => TapEdit | undefined, readCodes: boolean): Values =>
      Object.assign(
        { ...base },
        ...spliced.taps.map((tap) => {
          const shape = { rows, cells: subject.cells(tap), readCodes };
          return tapFeeds(tap, edit(tap), shape);
        }),
      ) as Values;
    const neutral: readonly ((tap: SplicedTap) => TapEdit | undefined)[] = [
      () => undefined,
      () => ({}),
      ({ sae }) => ({
        keep: 1,
        list: [{ source: sae ? { feature: 3 } : { direction: noise(8, 1) }, map: 0, byCode: 7 }],
      }),
    ];
    for (const run of [runWhole, runChain]) {
      const { out_sample: expected } = await run(feeds(() => undefined, false));
      if (subject.plainBound === 0) assert.deepEqual(expected, fromPlain, 'not the plain run');
      else assertClose(expected!, fromPlain, subject.plainBound);
      for (const readCodes of [false, true]) {
        for (const edit of neutral.slice(0, 2)) {
          const { out_sample: out } = await run(feeds(edit, readCodes));
          assert.deepEqual(out, expected, 'a neutral edit changes something');
        }
      }
      const { out_sample: third } = await run(
        feeds((tap) => (tap.sae ? neutral[2]!(tap) : {}), true),
      );
      assert.deepEqual(third, expected, 'an edit of weight 0 changes something');
    }

    // One edit of each kind, at the second stage alone: both ways of running agree to float32 rounding, and to that of
    // float16 where the value before the tap crosses the cut as float16.
    const edited = feeds(
      ({ stage }) =>
        stage.name === subject.stages[1]
          ? { keep: 0.5, list: [{ source: { feature: 1 }, map: 1, constant: 3 }] }
          : undefined,
      true,
    );
    const [one, two] = [await runWhole(edited), await runChain(edited)];
    assertClose(one['out_sample']!, two['out_sample']!, Math.max(1e-5, subject.plainBound));
    assert.notDeepEqual(one['out_sample'], fromPlain);
    const [first, second] = subject.stages;
    const untouched = await runChain(feeds(() => undefined, true));
    assert.deepEqual(two[`${first!}/values`], untouched[`${first!}/values`]);
    assert.deepEqual(two[`${second!}/update`], untouched[`${second!}/update`]);
    assert.notDeepEqual(
      two[`${subject.stages[2]!}/update`],
      untouched[`${subject.stages[2]!}/update`],
    );
  }
}

/** @param bound share of the largest value */
function assertClose(a: TensorValue, b: TensorValue, bound: number): void {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  const largest = x.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const worst = x.reduce((max, value, i) => Math.max(max, Math.abs(value - y[i]!)), 0);
  assert.ok(worst <= bound * largest, `${worst} of ${largest}`);
}
