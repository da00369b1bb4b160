import assert from 'node:assert/strict';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { declareValue } from '../../src/engine/onnx/declareValue.ts';
import type { Stage } from '../../src/engine/onnx/findStages.ts';
import { ModelProtoSchema } from '../../src/engine/onnx/generated/onnx_pb.js';
import { indexGraph, type OnnxGraph } from '../../src/engine/onnx/graph.ts';
import { NodeWriter } from '../../src/engine/onnx/nodeWriter.ts';
import type { SaeActivation, SaeNormalisation, SaeSpec } from '../../src/engine/onnx/saeSpec.ts';
import { spliceTaps } from '../../src/engine/onnx/spliceTaps.ts';
import type { CellMap, ListedEdit, TapEdit } from '../../src/engine/onnx/tapEdit.ts';
import { tapFeeds } from '../../src/engine/onnx/tapFeeds.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';
import { openDirect } from '../support/ortDirect.ts';
import { temporaryFolder, writeSaeFile } from '../support/saeFile.ts';
import { editCell, encodeCell, type ReferenceSae } from '../support/saeReference.ts';
import { noise } from '../support/toyUnet.ts';

/**
 * Spliced arithmetic in float32 against float64 formulas: sums of at most 8 channels and 24 features of size about
 * 10, so errors are a few times 1e-6 of the largest value; decisions nearer than this to turning over are left out.
 */
const tolerance = 2e-5;
const marginMin = 1e-4;

interface Case {
  readonly rows: number;
  readonly height: number;
  readonly columns: number;
  readonly dModel: number;
  readonly nFeatures: number;
  readonly seed: number;
  readonly opset: 13 | 17 | 18;
  readonly activation: SaeActivation;
  readonly normalisation: SaeNormalisation;
  readonly target: SaeSpec['target'];
  readonly subtractsDecoderBias: boolean;
  readonly hasBiases: boolean;
  readonly hasSae: boolean;
  readonly isHalf: boolean;
  readonly edit: TapEdit;
}

const number = fc.integer({ min: -40, max: 40 }).map((x) => x / 8);
const floats = (length: number): fc.Arbitrary<Float32Array> =>
  fc.array(number, { minLength: length, maxLength: length }).map((x) => Float32Array.from(x));

function maps(rows: number, cells: number): fc.Arbitrary<CellMap> {
  const weight = fc.oneof(number, floats(cells));
  return fc.oneof(weight, fc.array(weight, { minLength: rows, maxLength: rows }));
}

function edits(rows: number, cells: number, d: number, n: number, hasSae: boolean) {
  const map = maps(rows, cells);
  const own = fc.record(
    { direction: floats(d), read: floats(d), readBias: number },
    { requiredKeys: ['direction'] },
  );
  const feature = fc.record({ feature: fc.nat({ max: n - 1 }) });
  const listed: fc.Arbitrary<ListedEdit> = fc.record(
    {
      source: hasSae ? fc.oneof(own, feature) : own,
      map,
      constant: number,
      byCode: number,
      whereActive: number,
    },
    { requiredKeys: ['source', 'map'] },
  );
  const addition = fc.record({
    tensor: fc.constant({ dtype: 'float32', dims: [], data: new Float32Array() }),
    weight: map,
  });
  const common = { keep: map, list: fc.array(listed, { maxLength: 4 }), addition };
  const gain = fc.oneof(floats(n), fc.array(floats(n), { minLength: rows, maxLength: rows }));
  const withSae = { ...common, gain, gainMap: map, biasWeight: map };
  return fc.record<Record<string, unknown>>(hasSae ? withSae : common, {
    requiredKeys: [],
  }) as fc.Arbitrary<TapEdit>;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    rows: fc.integer({ min: 1, max: 2 }),
    height: fc.integer({ min: 1, max: 3 }),
    columns: fc.integer({ min: 1, max: 3 }),
    dModel: fc.integer({ min: 2, max: 8 }),
    nFeatures: fc.integer({ min: 1, max: 24 }),
    seed: fc.nat({ max: 1e6 }),
    opset: fc.constantFrom(13 as const, 17 as const, 18 as const),
    kind: fc.constantFrom('topk' as const, 'relu' as const, 'threshold' as const),
    k: fc.integer({ min: 1, max: 6 }),
    normalisation: fc.constantFrom<SaeNormalisation>(
      { kind: 'none' },
      { kind: 'constant', scale: 0.25 },
      { kind: 'layerNorm', epsilon: 1e-5 },
      { kind: 'unitNorm', norm: 2 },
    ),
    target: fc.constantFrom('update' as const, 'output' as const),
    subtractsDecoderBias: fc.boolean(),
    hasBiases: fc.boolean(),
    hasSae: fc.boolean(),
    isHalf: fc.boolean(),
  })
  .chain(({ kind, k, ...rest }) => {
    const { rows, height, columns, dModel, nFeatures, hasSae } = rest;
    const activation: SaeActivation =
      kind === 'topk' ? { kind, k: Math.min(k, nFeatures) } : { kind };
    return edits(rows, height * columns, dModel, nFeatures, hasSae).map((edit) => ({
      ...rest,
      activation,
      edit,
    }));
  });

/** A stage and nothing else: `out = in + change`, with `y = out` after it. */
function stageAlone(opset: number, width: number): OnnxGraph {
  const w = new NodeWriter('stage', opset);
  w.ops('Add', ['change', 'in'], {}, ['out']);
  w.name('out', 'y');
  const value = (name: string) =>
    declareValue({ name, dtype: 'float32', dims: [`${name}b`, width, `${name}h`, `${name}w`] });
  return indexGraph(
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      graph: {
        name: 'g',
        node: w.nodes,
        input: [value('in'), value('change')],
        output: [value('y')],
      },
    }),
  );
}

function makeSae(dir: string, c: Case): ReferenceSae {
  const { dModel, nFeatures, seed, activation } = c;
  const weights = {
    // 64ths: float16 holds them exactly.
    encoder: noise(dModel * nFeatures, seed + 1, 1).map((x) => Math.round(x * 64) / 64),
    decoder: noise(nFeatures * dModel, seed + 2, 1).map((x) => Math.round(x * 64) / 64),
    encoderBias: c.hasBiases ? noise(nFeatures, seed + 3, 0.5) : undefined,
    decoderBias: c.hasBiases ? noise(dModel, seed + 4, 0.5) : undefined,
    threshold:
      activation.kind === 'threshold'
        ? noise(seed % 2 === 0 ? 1 : nFeatures, seed + 5, 0.5).map(Math.abs)
        : undefined,
  };
  const { normalisation, target, subtractsDecoderBias } = c;
  const spec = {
    ...{ dModel, nFeatures, target, activation, normalisation, subtractsDecoderBias },
    weights: writeSaeFile(dir, 'sae.bin', weights, c.isHalf),
  };
  return { spec, ...weights };
}

/** One cell's channels of a `[rows, width, cells]` tensor. */
function cellOf(data: Float32Array, row: number, cell: number, width: number, cells: number) {
  return Float32Array.from({ length: width }, (_, i) => data[(row * width + i) * cells + cell]!);
}

function assertNear(actual: number, expected: number, largest: number, what: string): void {
  const isNear = Math.abs(actual - expected) <= tolerance * Math.max(1, largest);
  assert.ok(isNear, `${what}: ${actual} instead of ${expected}`);
}

async function check(dir: string, c: Case): Promise<boolean> {
  const { rows, height, columns, dModel } = c;
  const cells = height * columns;
  const dims = [rows, dModel, height, columns];
  const count = rows * dModel * cells;
  const tensor = (seed: number): TensorValue => ({
    dtype: 'float32',
    dims,
    data: noise(count, c.seed + seed, 3),
  });
  const [hidden, change, added] = [tensor(6), tensor(7), tensor(8)];
  const edit: TapEdit = c.edit.addition
    ? { ...c.edit, addition: { ...c.edit.addition, tensor: added } }
    : c.edit;

  const before = Float32Array.from(hidden.data as Float32Array, (x, i) =>
    Math.fround(x + (change.data as Float32Array)[i]!),
  );
  const update = before.map((x, i) => Math.fround(x - (hidden.data as Float32Array)[i]!));
  const sae = c.hasSae ? makeSae(dir, c) : undefined;
  const expected: {
    row: number;
    cell: number;
    encoded: ReturnType<typeof encodeCell> | undefined;
    delta: Float64Array;
  }[] = [];
  for (let row = 0; row < rows; row++) {
    for (let cell = 0; cell < cells; cell++) {
      const u = cellOf(update, row, cell, dModel, cells);
      const sample = c.target === 'output' ? cellOf(before, row, cell, dModel, cells) : u;
      const encoded = sae && encodeCell(sae, sample);
      const addition = cellOf(added.data as Float32Array, row, cell, dModel, cells);
      const { delta, margin } = editCell(u, sae, encoded, edit, { row, cell, addition });
      if (margin < marginMin) return false;
      expected.push({ row, cell, encoded, delta });
    }
  }

  const stage: Stage = {
    kind: 'attention',
    path: 'mid_block.attentions.0',
    name: 'mid.0',
    input: 'in',
    output: 'out',
    width: dModel,
  };
  const graph = stageAlone(c.opset, dModel);
  const tap = { stage, listSize: 5, ...(sae && { sae: sae.spec }) };
  const spliced = spliceTaps(graph, [tap]);
  const session = await openDirect(writeGraph(spliced.graph), dir);
  try {
    const run = (of: TapEdit | undefined) =>
      session.run({
        in: hidden,
        change,
        ...tapFeeds(spliced.taps[0]!, of, { rows, cells, readCodes: true }),
      });
    const outputs = await run(edit);
    const read = (name: string): Float32Array => outputs[name]!.data as Float32Array;
    assert.deepEqual(read('mid.0/update'), update);
    for (const neutral of [undefined, {}, { gain: new Float32Array(c.nFeatures) }]) {
      if (!sae && neutral && 'gain' in neutral) continue;
      assert.deepEqual((await run(neutral))['y']!.data, before, 'a neutral edit changes something');
    }
    const largest = Math.max(
      ...before.map(Math.abs),
      ...expected.flatMap((e) => [...e.delta].map(Math.abs)),
    );
    for (const { row, cell, encoded, delta } of expected) {
      const at = row * cells + cell;
      const out = cellOf(read('y'), row, cell, dModel, cells);
      const pre = cellOf(before, row, cell, dModel, cells);
      delta.forEach((x, i) => {
        assertNear(out[i]!, pre[i]! + x, largest, `edited channel ${i} of cell ${cell}`);
      });
      const u = cellOf(update, row, cell, dModel, cells);
      assertNear(read('mid.0/norm')[at]!, Math.hypot(...u), largest, 'norm');
      if (!encoded) continue;
      const sample = c.target === 'output' ? pre : u;
      const lost = sample.reduce((sum, x, i) => sum + (x - encoded.rebuilt[i]!) ** 2, 0);
      assertNear(read('mid.0/error')[at]!, lost, largest ** 2, 'error');
      const { values, ids } = codesAt(outputs, at);
      const active = [...encoded.codes.keys()]
        .filter((f) => encoded.codes[f]! > 0)
        .sort((a, b) => encoded.codes[b]! - encoded.codes[a]!);
      if (c.activation.kind !== 'topk') {
        assert.equal(outputs['mid.0/active']!.data[at], active.length);
      }
      values.forEach((value, i) => {
        assertNear(value, encoded.codes[active[i] ?? -1] ?? 0, largest, `value ${i}`);
        if (value > 0)
          assertNear(encoded.codes[ids[i]!]!, value, largest, `code of feature ${ids[i]}`);
      });
    }
    return true;
  } finally {
    await session.release();
  }
}

function codesAt(outputs: Record<string, TensorValue>, at: number) {
  const { dims, data } = outputs['mid.0/values']!;
  const list = dims[2]!;
  const values = [...(data as Float32Array).subarray(at * list, (at + 1) * list)];
  const ids = [...(outputs['mid.0/ids']!.data as Int32Array).subarray(at * list, (at + 1) * list)];
  return { values, ids };
}

describe('a spliced tap', () => {
  const folder = temporaryFolder();
  after(() => {
    folder.remove();
  });

  it('computes codes, readings and edits as float64 formulas do, and nothing when neutral', async function () {
    this.timeout(120_000);
    let checkedCount = 0;
    const property = fc.asyncProperty(cases, async (c) => {
      if (await check(folder.dir, c)) checkedCount++;
    });
    await fc.assert(property, { numRuns: 300, seed: 20_241_122 });
    assert.ok(checkedCount > 200, `only ${checkedCount} of 300 cases were clear enough to check`);
  });
});
