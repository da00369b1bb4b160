import { mersenne } from 'pure-rand/generator/mersenne';
import { cephesLog, cephesSinCos } from './cephes.ts';

const twoPi = Math.fround(2 * Math.PI);
const blockSize = 16;
const halfBlock = blockSize / 2;

/**
 * The stream of `torch.Generator('cpu').manual_seed(seed)` and `torch.randn` in float32. Successive draws continue
 * one stream, as torch's do: the latents first, then the noise of each ancestral step.
 *
 * Equal to torch bit for bit on processors with AVX2: draws below 16 values are plain doubles; larger ones go through
 * float32 functions that torch takes from Cephes there. (Without AVX2 torch calls the C library, up to 2.3e-6 off.)
 *
 * @source torch 2.15 aten/src/ATen/native/cpu/DistributionTemplates.h and ATen/core/DistributionsHelper.h; checked
 * against test/golden/noise.safetensors, 1,000 seeds
 */
export class TorchGenerator {
  #engine;
  /** Second value of the last Box-Muller pair of the scalar path; survives block draws in between. */
  #spare: number | undefined;

  /** @param seed its low 32 bits count, as in torch */
  constructor(seed: number) {
    this.#engine = mersenne(seed >>> 0);
  }

  /** Continues from here on its own: both give the same values. */
  clone(): TorchGenerator {
    const copy = new TorchGenerator(0);
    copy.#engine = this.#engine.clone();
    copy.#spare = this.#spare;
    return copy;
  }

  /** @returns f32 `[size]`, independent standard normal values */
  randn(size: number): Float32Array<ArrayBuffer> {
    const values = new Float32Array(size);
    if (size < blockSize) this.#fillByScalars(values);
    else this.#fillByBlocks(values);
    return values;
  }

  /**
   * `torch.empty(size).uniform_(low, high)`.
   *
   * @returns f32 `[size]`, 24 random bits each; checked against training.safetensors
   */
  uniform(size: number, low: number, high: number): Float32Array<ArrayBuffer> {
    const values = new Float32Array(size);
    const [from, to] = [Math.fround(low), Math.fround(high)];
    const width = Math.fround(to - from);
    // Rounded once, as torch's fused multiply-add is.
    for (let i = 0; i < size; i++) values[i] = this.#uniform24() * width + from;
    return values;
  }

  /** Box-Muller over blocks of 16: `sqrt(-2 ln(1 - u[j])) · cos|sin(2π u[j+8])`. A ragged tail is drawn anew as a block. */
  #fillByBlocks(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) values[i] = this.#uniform24();
    const lastStart = values.length - blockSize;
    for (let start = 0; start <= lastStart; start += blockSize) toNormal(values, start);
    if (values.length % blockSize === 0) return;
    for (let i = lastStart; i < values.length; i++) values[i] = this.#uniform24();
    toNormal(values, lastStart);
  }

  #fillByScalars(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) {
      if (this.#spare !== undefined) {
        values[i] = this.#spare;
        this.#spare = undefined;
        continue;
      }
      const angle = 2 * Math.PI * this.#uniform53();
      const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
      this.#spare = radius * Math.sin(angle);
      values[i] = radius * Math.cos(angle);
    }
  }

  /** 24 random bits in [0, 1): all that a float32 holds. */
  #uniform24(): number {
    return (this.#engine.next() & 0xffffff) * 2 ** -24;
  }

  /** 53 random bits in [0, 1), the high word first. */
  #uniform53(): number {
    const high = this.#engine.next() & 0x1fffff;
    const low = this.#engine.next() >>> 0;
    return (high * 2 ** 32 + low) * 2 ** -53;
  }
}

const turn = { sin: 0, cos: 0 };

function toNormal(values: Float32Array, start: number): void {
  for (let j = start; j < start + halfBlock; j++) {
    const logarithm = cephesLog(Math.fround(1 - (values[j] ?? 0)));
    const radius = Math.fround(Math.sqrt(Math.fround(-2 * logarithm)));
    cephesSinCos(Math.fround(twoPi * (values[j + halfBlock] ?? 0)), turn);
    values[j] = radius * turn.cos;
    values[j + halfBlock] = radius * turn.sin;
  }
}
