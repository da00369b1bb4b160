import assert from 'node:assert/strict';
import { cutIntoSegments } from '../../src/engine/onnx/cutIntoSegments.ts';
import { listExternalData } from '../../src/engine/onnx/externalData.ts';
import { findStages } from '../../src/engine/onnx/findStages.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import { spliceTaps } from '../../src/engine/onnx/spliceTaps.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { toyUnet } from '../support/toyUnet.ts';

const mutationCount = 2000;
const slowestMs = 2000;

/** Everything that is done with a graph's bytes before ONNX Runtime sees them. */
function prepare(bytes: Uint8Array): void {
  const graph = readGraph(bytes);
  listExternalData(graph);
  const { stages } = findStages(graph);
  const { graph: spliced, cuts } = spliceTaps(
    graph,
    stages.map((stage) => ({ stage })),
  );
  cutIntoSegments(spliced, cuts);
}

/** Changes bytes, cuts, repeats or removes a part: `seed` decides all. */
function mutate(file: Uint8Array, seed: number): Uint8Array {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const bytes = Uint8Array.from(file);
  const at = below(bytes.length);
  const length = 1 + below(64);
  switch (seed % 5) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + length));
    case 2:
      return Uint8Array.of(...bytes.subarray(0, at + length), ...bytes.subarray(at));
    case 3:
      return bytes.map((byte, i) => (i >= at && i < at + length ? below(256) : byte));
    default:
      for (let i = 0; i < 8; i++) bytes[below(bytes.length)] = below(256);
      return bytes;
  }
}

describe('hostile graphs', () => {
  it(`are refused clearly or read, ${mutationCount} times, never slower than ${slowestMs} ms`, function () {
    this.timeout(240_000);
    const files = (['legacy', 'dynamo'] as const).map((exporter) => toyUnet({ exporter }));
    let refusedCount = 0;
    let worstMs = 0;
    for (let seed = 0; seed < mutationCount; seed++) {
      const bytes = mutate(files[seed % files.length]!, seed);
      const startedAt = performance.now();
      try {
        prepare(bytes);
      } catch (error) {
        const known = error instanceof FeaturescopeError && error.code === 'model';
        assert.ok(known && error.message.length > 20, `mutation ${seed}: ${String(error)}`);
        refusedCount++;
      }
      worstMs = Math.max(worstMs, performance.now() - startedAt);
    }
    assert.ok(refusedCount > mutationCount / 2, `only ${refusedCount} refused`);
    assert.ok(worstMs < slowestMs, `one took ${worstMs.toFixed(0)} ms`);
  });

  it('noise is refused', () => {
    for (let seed = 0; seed < 200; seed++) {
      const bytes = mutate(new Uint8Array(4096), seed * 5 + 3);
      assert.throws(() => {
        prepare(bytes.map((_, i) => (i * 2_654_435_761 * (seed + 1)) >>> 11));
      }, FeaturescopeError);
    }
  });
});
