import assert from 'node:assert/strict';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import type { PictureRequest } from '../../src/engine/pipeline/checkRequest.ts';
import { createPipeline } from '../../src/engine/pipeline/generate.ts';
import type { Picture } from '../../src/protocol/engine.ts';
import {
  goldenTensor,
  largestDifference,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';
import { OptimumFolders } from '../support/optimumFolders.ts';
import { useOrt } from '../support/useOrt.ts';

interface Case {
  readonly case: string;
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly steps: number;
  readonly seed: number;
  readonly guidanceScale: number;
  readonly width?: number;
  readonly height?: number;
}
interface Golden {
  readonly meta: { readonly stride: number };
  readonly folders: readonly {
    readonly name: string;
    /** Whose pictures it should make. */
    readonly like: string;
    readonly cases: readonly Case[];
  }[];
}

/**
 * Of 255. float32: a value on the border between two whole numbers may round either way. float16: diffusers' own pictures
 * are up to 3 away from those that it makes of the same weights in float32 (seen in this fixture), and ONNX Runtime's CPU
 * kernels compute mostly in float32.
 */
const pixelTolerance = { fp32: 2, fp16: 4 };
/**
 * Of the largest latent. float32: sums in another order. float16: torch rounds after every operation (2^-11 each), ONNX
 * Runtime's CPU kernels only where they cannot compute in float32, and diffusers rounds the latents after every step.
 */
const latentTolerance = { fp32: 2e-4, fp16: 1e-2 };

describe("Optimum's folders against diffusers", function () {
  this.timeout(180_000);
  const golden = readGoldenJson('optimum/index.json') as Golden;
  const tensors = readGoldenTensors('optimum/pictures.safetensors');
  const folders = new OptimumFolders();
  const ort = useOrt();

  after(async () => {
    folders.remove();
  });

  for (const { name, like, cases } of golden.folders) {
    it(`${name}: ${cases.map((each) => each.case).join(', ')}`, async () => {
      const model = await readModelFolder(folders.unpack(name));
      const pipeline = createPipeline(model, ort, { provider: 'cpu', threadCount: 1 });
      assert.equal((await pipeline.editing.taps()).length, 11, 'all attention stages are tapped');
      for (const each of cases) {
        let latents = new Float32Array();
        const { scheduler } = model.description.defaults;
        const request: PictureRequest = {
          ...{ width: 128, height: 128, negativePrompt: '', ...each },
          scheduler,
        };
        const { picture } = await pipeline.generate(request, {
          onStep: (_, values) => (latents = Float32Array.from(values)),
        });
        const wanted = goldenTensor(tensors, `latents.${like}.${each.case}`).data;
        const type = like.endsWith('fp16') ? 'fp16' : 'fp32';
        const difference = relativeDifference(latents, wanted as Float32Array);
        assert.ok(
          difference <= latentTolerance[type],
          `${each.case}: latents ${String(difference)}`,
        );
        const stride = each.width === undefined ? 1 : golden.meta.stride;
        const pixels = goldenTensor(tensors, `picture.${like}.${each.case}`).data as Uint8Array;
        const largest = largestDifference(everyNth(picture, stride), pixels);
        assert.ok(
          largest <= pixelTolerance[type],
          `${each.case}: pixels ${String(largest)} of 255`,
        );
      }
      await pipeline.release();
    });
  }
});

/** Every n-th pixel of every n-th row. */
function everyNth({ width, height, rgb }: Picture, stride: number): Uint8Array {
  const out: number[] = [];
  for (let y = 0; y < height; y += stride) {
    for (let x = 0; x < width; x += stride) {
      out.push(...rgb.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
    }
  }
  return Uint8Array.from(out);
}
