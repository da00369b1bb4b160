const endChunkLength = 12;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * Adds a `tEXt` chunk before the end of a PNG.
 *
 * @param png as a browser writes it: its last chunk is an empty IEND
 * @param value written as JSON in ASCII, since such chunks are Latin-1
 */
export function withPngText(png: Uint8Array, keyword: string, value: unknown): Uint8Array {
  const json = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const text = new TextEncoder().encode(`tEXt${keyword}\0${json}`);
  const chunk = new Uint8Array(text.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, text.length - 4);
  chunk.set(text, 4);
  view.setUint32(text.length + 4, crc32(text));
  const end = png.length - endChunkLength;
  const all = new Uint8Array(png.length + chunk.length);
  all.set(png.subarray(0, end));
  all.set(chunk, end);
  all.set(png.subarray(end), end + chunk.length);
  return all;
}
