import { inflateSync } from 'node:zlib';
import { decode } from 'fast-png';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';

/** Painted masks compress well: a picture of 2,048 x 2,048 in four channels is far below it. */
export const maskFileBytesMax = 2 ** 24;
const pixelsMax = 2 ** 24;
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * A mask from a PNG: the mean of its colours times its opacity.
 *
 * @returns u8 `[height, width]`
 * @throws `invalidInput` for what is no PNG, one of more than 2^24 pixels, and one that unpacks to more than its pixels
 */
export function readMaskPng(bytes: Uint8Array): {
  width: number;
  height: number;
  values: Uint8Array<ArrayBuffer>;
} {
  try {
    refuseBomb(bytes);
    const { width, height, channels, depth, data, palette } = decode(bytes, { checkCrc: true });
    if (palette || (depth !== 8 && depth !== 16)) {
      throw invalidInput('A mask is a PNG of 8 or 16 bits a channel, without a palette.');
    }
    const hasAlpha = channels === 2 || channels === 4;
    const colours = hasAlpha ? channels - 1 : channels;
    const full = depth === 8 ? 255 : 65_535;
    const values = new Uint8Array(width * height);
    for (let pixel = 0; pixel < values.length; pixel++) {
      let sum = 0;
      for (let c = 0; c < colours; c++) sum += data[pixel * channels + c] ?? 0;
      const opacity = hasAlpha ? (data[pixel * channels + colours] ?? 0) / full : 1;
      values[pixel] = Math.round((255 * opacity * sum) / (colours * full));
    }
    return { width, height, values };
  } catch (error) {
    if (error instanceof FeaturescopeError) throw error;
    throw new FeaturescopeError('invalidInput', 'The mask is not a readable PNG.', {
      cause: error,
    });
  }
}

/** Looks at size and packed data before a decoder does: a small file can ask for gigabytes. */
function refuseBomb(bytes: Uint8Array): void {
  if (!signature.every((byte, i) => bytes[i] === byte)) {
    throw invalidInput('The mask is not a PNG.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed: Uint8Array[] = [];
  let unpackedMax = 0;
  for (let at = signature.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) break;
    if (kind === 'IHDR' && length >= 13) {
      const [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      if (width * height > pixelsMax || width * height === 0) {
        throw invalidInput(
          `The mask has ${String(width)} x ${String(height)} pixels; allowed are 1 to ${String(pixelsMax)} in all.`,
        );
      }
      // Four channels of 16 bits, a byte a line for its filter, and the seven passes of interlacing.
      unpackedMax = 8 * width * height + 8 * height + 64;
    } else if (kind === 'IDAT') packed.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  inflateSync(Buffer.concat(packed), { maxOutputLength: Math.max(1, unpackedMax) });
}
