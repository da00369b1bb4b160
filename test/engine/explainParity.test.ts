import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { fitOfBlocks } from '../../src/engine/lens/explain/fitOfBlocks.ts';
import { createPipeline, type Pipeline } from '../../src/engine/pipeline/generate.ts';
import { addNoise, noiseMixAt } from '../../src/engine/pipeline/schedulers/addNoise.ts';
import { TorchGenerator } from '../../src/numerics/random.ts';
import type { SchedulerName } from '../../src/protocol/manifest.ts';
import {
  goldenTensor,
  largestDifference,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';
import { useOrt } from '../support/useOrt.ts';

const root = join(import.meta.dirname, '..', '..');
const modelDir = join(root, 'models', 'mini');

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly prompt: string;
    readonly timestep: number;
    readonly seed: number;
  }[];
  readonly noised: readonly {
    readonly scheduler: SchedulerName;
    readonly timestep: number;
    readonly out: readonly number[];
  }[];
}

/** f32, of the largest: ONNX Runtime and torch sum in different orders. */
const latentTolerance = 1e-4;
const valueTolerance = 1e-4;
const normTolerance = 2e-4;
/** Absolute; f32 codes and ΔD of two runtimes, some ids at the edge of the k largest are others. */
const fitTolerance = 1e-3;
/** f32, of the largest: `sqrt(ᾱ) z + sqrt(1 - ᾱ) ε` and `(z + σ ε) / sqrt(σ² + 1)` round differently. */
const noiseTolerance = 1e-6;

/** The same picture as test/golden/make_pictures.py draws. */
const side = 128;
const picture = {
  width: side,
  height: side,
  rgb: Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const channel = i % 3;
    const x = Math.floor(i / 3) % side;
    const y = Math.floor(i / 3 / side);
    return (x * x * (3 + channel) + y * 17 * (1 + channel) + x * y * 5) % 256;
  }),
};

describe('a picture encoded, noised and read, against diffusers', () => {
  const golden = readGoldenJson('explain.json') as Golden;
  const tensors = readGoldenTensors('explain.safetensors');
  const floats = (name: string) => goldenTensor(tensors, name).data as Float32Array;
  const ort = useOrt();
  let pipeline: Pipeline;

  before(async () => {
    const saes = await findInstalledSaes(join(modelDir, 'saes'));
    const folder = await readModelFolder(modelDir);
    pipeline = createPipeline(folder, ort, { provider: 'cpu', threadCount: 1, saes });
  });

  it('mixes in noise as each scheduler class does', () => {
    const { schedulerConfig } = pipeline.model;
    const latents = new TorchGenerator(1).randn(32);
    const noise = new TorchGenerator(2).randn(32);
    for (const { scheduler, timestep, out } of golden.noised) {
      const mixed = addNoise(latents, noise, noiseMixAt(scheduler, schedulerConfig, timestep));
      const error = relativeDifference(mixed, Float32Array.from(out));
      assert.ok(error <= noiseTolerance, `${scheduler} at ${timestep}: ${error}`);
    }
    assert.equal(golden.noised.length, 9);
  });

  it('reads the same latents, codes and fits', async () => {
    const encoded = await pipeline.pictures.encode(picture, {});
    const error = relativeDifference(encoded.latents, floats('latents'));
    assert.ok(error <= latentTolerance, `latents: ${error}`);
    for (const { name, prompt, timestep, seed } of golden.cases) {
      const look = { prompt, timestep, noiseSeed: seed };
      const read = await pipeline.pictures.read(encoded, look, {});
      assert.equal(read.readings.length, 4);
      const fits = await fitOfBlocks([read], pipeline.saes, new AbortController().signal);
      for (const { tap, ids, values, norm, slotCount: k } of read.readings) {
        const key = `${tap.stage.path}.${name}`;
        assert.ok(relativeDifference(norm, floats(`norm.${key}`)) <= normTolerance, `norm ${key}`);
        const pre = floats(`pre.${key}`);
        const largest = pre.reduce((max, value) => Math.max(max, value), 0);
        for (let cell = 0; cell < norm.length; cell++) {
          const wanted = pre.subarray(cell * (k + 1), (cell + 1) * (k + 1));
          const got = values.subarray(cell * k, (cell + 1) * k);
          const off = largestDifference(
            got,
            wanted.slice(0, k).map((value) => Math.max(value, 0)),
          );
          assert.ok(off <= valueTolerance * largest, `${key}, cell ${cell}: off by ${off}`);
          // The ids are the same where the last one that is kept is clearly above the next.
          if (wanted[k - 1]! - wanted[k]! <= 4 * off) continue;
          const sorted = (list: ArrayLike<number>) => Array.from(list).sort((a, b) => a - b);
          const expected = goldenTensor(tensors, `ids.${key}`).data as Int32Array;
          const [from, to] = [cell * k, (cell + 1) * k];
          assert.deepEqual(
            sorted(ids.subarray(from, to)),
            sorted(expected.subarray(from, to)),
            key,
          );
        }
        const fit = fits.find(({ block }) => block === tap.stage.name) ?? assert.fail(key);
        const got = [fit.explainedVariance, fit.rSquared];
        const off = largestDifference(got, floats(`fit.${key}`));
        assert.ok(off <= fitTolerance, `fit ${key}: ${got.join()} off by ${off}`);
      }
    }
  });

  it('gives the same bits again, and other ones for another seed', async () => {
    const encoded = await pipeline.pictures.encode(picture, {});
    const look = { prompt: '', timestep: 499, noiseSeed: 1 };
    const valuesOf = async (noiseSeed: number): Promise<readonly Float32Array[]> => {
      const { readings } = await pipeline.pictures.read(encoded, { ...look, noiseSeed }, {});
      return readings.map(({ values }) => values);
    };
    assert.deepEqual(await valuesOf(1), await valuesOf(1));
    assert.notDeepEqual(await valuesOf(1), await valuesOf(2));
  });
});
