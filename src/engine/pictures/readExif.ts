/** What is used of EXIF data. */
export interface ExifFacts {
  /** 1 ... 8; 1 where the data says nothing. */
  readonly orientation: number;
  /** Texts by tag: other tools keep their settings in them. */
  readonly texts: Readonly<Record<string, string>>;
}

const nothing: ExifFacts = { orientation: 1, texts: {} };

const textTags: ReadonlyMap<number, string> = new Map([
  [0x010e, 'ImageDescription'],
  [0x010f, 'Make'],
  [0x0110, 'Model'],
  [0x9286, 'UserComment'],
]);
const exifFolderTag = 0x8769;
const entriesMax = 500;

/**
 * Orientation and texts of an EXIF block (a TIFF header and its folders). Damaged data gives what can be read of it,
 * since nothing but the orientation depends on it.
 *
 * @param bytes from the TIFF header on, without `Exif\0\0`
 */
export function readExif(bytes: Uint8Array): ExifFacts {
  if (bytes.length < 8) return nothing;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return nothing;
  const isLittle = order === 0x4949;
  const texts: Record<string, string> = {};
  let orientation = 1;
  const pending = [view.getUint32(4, isLittle)];
  // The first folder and the one of EXIF that it names: a file that says more is not followed.
  for (let folders = 0; folders < 2 && pending.length > 0; folders++) {
    const start = pending.shift()!;
    if (start + 2 > bytes.length) break;
    const count = Math.min(view.getUint16(start, isLittle), entriesMax);
    for (let entry = 0; entry < count; entry++) {
      const at = start + 2 + entry * 12;
      if (at + 12 > bytes.length) break;
      const tag = view.getUint16(at, isLittle);
      const size = view.getUint32(at + 4, isLittle);
      const from = size <= 4 ? at + 8 : view.getUint32(at + 8, isLittle);
      if (tag === 0x0112) orientation = view.getUint16(at + 8, isLittle);
      if (tag === exifFolderTag) pending.push(view.getUint32(at + 8, isLittle));
      const name = textTags.get(tag);
      if (name === undefined || from + size > bytes.length) continue;
      const value = bytes.subarray(from, from + size);
      texts[name] = tag === 0x9286 ? userComment(value, isLittle) : plainText(value);
    }
  }
  const isKnown = orientation >= 1 && orientation <= 8;
  return { orientation: isKnown ? orientation : 1, texts };
}

const plainText = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8').decode(bytes).replace(/\0[\s\S]*$/, '');

/** Eight bytes name the code: ASCII, UNICODE (UTF-16, mostly big-endian), or none. */
function userComment(bytes: Uint8Array, isLittle: boolean): string {
  const code = plainText(bytes.subarray(0, 8));
  const rest = bytes.subarray(8);
  if (code !== 'UNICODE') return plainText(rest);
  // Writers disagree about the order: the one in which more characters are Latin letters is meant.
  const [big, little] = [new TextDecoder('utf-16be'), new TextDecoder('utf-16le')].map((decoder) =>
    decoder.decode(rest).replace(/\0+$/, ''),
  );
  const latinCount = (text = ''): number => text.match(/[ -~]/g)?.length ?? 0;
  if (latinCount(big) === latinCount(little)) return (isLittle ? little : big) ?? '';
  return (latinCount(big) > latinCount(little) ? big : little) ?? '';
}
