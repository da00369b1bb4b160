import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Writes an SAE's weights into a file, 64-byte aligned, and says where they lie. */
export function writeSaeFile(
  dir: string,
  file: string,
  weights: Omit<ReferenceSae, 'spec'>,
): SaeSpec['weights'] {
  const parts: Buffer[] = [];
  let offset = 0;
  const place = (values: Float32Array): SaeTensor => {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const padded = Buffer.alloc(Math.ceil(bytes.length / 64) * 64);
    bytes.copy(padded);
    parts.push(padded);
    offset += padded.length;
    return { dtype: 'float32', offset: offset - padded.length, sizeBytes: bytes.length };
  };
  const { encoder, decoder, encoderBias, decoderBias, threshold } = weights;
  const placed = {
    file,
    encoder: place(encoder),
    decoder: place(decoder),
    ...(encoderBias && { encoderBias: place(encoderBias) }),
    ...(decoderBias && { decoderBias: place(decoderBias) }),
    ...(threshold && { threshold: place(threshold) }),
  };
  writeFileSync(join(dir, file), Buffer.concat(parts));
  return placed;
}
