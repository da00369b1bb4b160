import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32ToHalf } from '../../src/numerics/halfPrecision.ts';
import type { SaeSpec, SaeTensor } from '../../src/engine/onnx/saeSpec.ts';
import type { ReferenceSae } from './saeReference.ts';

/** A folder for one test's files, gone when the test is done. */
export function temporaryFolder(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'featurescope-'));
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/**
 * Writes an SAE's weights into a file, 64-byte aligned, and says where they lie.
 *
 * @param isHalf stores both matrices as float16
 */
export function writeSaeFile(
  dir: string,
  file: string,
  weights: Omit<ReferenceSae, 'spec'>,
  isHalf = false,
): SaeSpec['weights'] {
  const parts: Buffer[] = [];
  let offset = 0;
  const place = (values: Float32Array, dtype: SaeTensor['dtype'] = 'float32'): SaeTensor => {
    const stored = dtype === 'float16' ? float32ToHalf(values) : values;
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const padded = Buffer.alloc(Math.ceil(bytes.length / 64) * 64);
    bytes.copy(padded);
    parts.push(padded);
    offset += padded.length;
    return { dtype, offset: offset - padded.length, sizeBytes: bytes.length };
  };
  const { encoder, decoder, encoderBias, decoderBias, threshold } = weights;
  const placed = {
    file,
    encoder: place(encoder, isHalf ? 'float16' : 'float32'),
    decoder: place(decoder, isHalf ? 'float16' : 'float32'),
    ...(encoderBias && { encoderBias: place(encoderBias) }),
    ...(decoderBias && { decoderBias: place(decoderBias) }),
    ...(threshold && { threshold: place(threshold) }),
  };
  writeFileSync(join(dir, file), Buffer.concat(parts));
  return placed;
}
