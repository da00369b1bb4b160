import { crc32 } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpegBytes } from 'jpeg-js';
import type { Picture } from '../../src/protocol/engine.ts';

/** A PNG without any text but what is given, as an editor of pictures would save it. */
export const plainPng = (
  { width, height, rgb }: Picture,
  text: Readonly<Record<string, string>> = {},
): Uint8Array => encodePng({ width, height, data: rgb, channels: 3, depth: 8, text });

export const plainJpeg = ({ width, height, rgb }: Picture, quality = 92): Uint8Array =>
  encodeJpegBytes({ width, height, data: onOpaque(rgb) }, quality).data;

function onOpaque(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length / 3; i++) rgba.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  return rgba;
}

/** Makes the checksums of a damaged PNG right, chunk by chunk as the whole one had them. */
export function sealPng(damaged: Buffer, whole: Buffer): void {
  for (let at = 8; at < whole.length;) {
    const end = at + 8 + whole.readUInt32BE(at);
    damaged.writeUInt32BE(crc32(damaged.subarray(at + 4, end)), end);
    at = end + 4;
  }
}
