import assert from 'node:assert/strict';
import type { Dtype } from '../../protocol/tensors.ts';
import { float32ToHalf } from '../../numerics/halfPrecision.ts';
import type { OrtSession } from '../ort/ort.ts';
import { RunMeter } from './runMeter.ts';
import { decodeLatents } from './vae.ts';

const config = { scaling_factor: 0.5, block_out_channels: [4], latent_channels: 4 };
const shape = { channels: 4, height: 2, width: 2 };

/** A decoder that gives these values, whatever it is fed; it keeps what that was. */
function decoderOf(dtype: Dtype, values: readonly number[]) {
  const fed: unknown[] = [];
  const data = Float32Array.from(values);
  const session: OrtSession = {
    inputs: [{ name: 'latent_sample', dtype, dims: [1, 4, 'h', 'w'] }],
    outputs: [{ name: 'sample', dtype, dims: [1, 3, 'h', 'w'] }],
    loadMs: 0,
    isAlive: true,
    run: (feeds) => {
      fed.push(feeds['latent_sample']);
      const bits = dtype === 'float16' ? float32ToHalf(data) : data;
      return Promise.resolve({
        outputs: { sample: { dtype, dims: [1, 3, 2, 2], data: bits } },
        runMs: 0,
      });
    },
    release: () => Promise.resolve(),
  };
  return { session, fed };
}

const decode = (session: OrtSession) =>
  decodeLatents(session, config, new Float32Array(16).fill(0.25), shape, new RunMeter());
const sane = Array.from({ length: 12 }, (_, index) => index / 12);

describe('decodeLatents', () => {
  it('feeds and reads a decoder in float16', async () => {
    const { session, fed } = decoderOf('float16', sane);
    const { rgb } = await decode(session);
    assert.equal(rgb.length, 12);
    // 0.25 / 0.5 = 0.5, as float16's bits.
    const data = new Uint16Array(16).fill(0x3800);
    assert.deepEqual(fed, [{ dtype: 'float16', dims: [1, 4, 2, 2], data }]);
  });

  it('names the overflow of a decoder in float16, and what helps', async () => {
    for (const [values, what] of [
      [sane.map((value) => value * Infinity), 'values that are not numbers'],
      [sane.map(() => -1), 'one colour everywhere'],
    ] as const) {
      const { session } = decoderOf('float16', values);
      await assert.rejects(decode(session), {
        code: 'model',
        message: new RegExp(`overflowed: .*float16.* gave ${what}\\. .*sdxl-vae-fp16-fix`),
      });
    }
  });

  it('takes one colour from a decoder in float32, but no value that is not a number', async () => {
    assert.equal(
      (
        await decode(
          decoderOf(
            'float32',
            sane.map(() => 0),
          ).session,
        )
      ).rgb[0],
      128,
    );
    const { session } = decoderOf('float32', [...sane.slice(1), NaN]);
    await assert.rejects(decode(session), { code: 'model', message: /not all are numbers/ });
  });
});
