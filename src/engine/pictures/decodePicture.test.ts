import assert from 'node:assert/strict';
import { deflateSync, crc32 } from 'node:zlib';
import { readGoldenJson } from '../../../test/support/golden.ts';
import { seededRandom, soakCount } from '../../../test/support/soak.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { decodePicture } from './decodePicture.ts';
import { readPngChunks } from './pngChunks.ts';

interface Golden {
  readonly files: readonly {
    readonly name: string;
    readonly file: string;
    readonly width: number;
    readonly height: number;
    readonly rgb: string;
  }[];
  readonly refused: readonly { readonly name: string; readonly file: string }[];
}

const golden = readGoldenJson('pictures.json') as Golden;
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const fileNamed = (name: string): Buffer => {
  const all = [...golden.files, ...golden.refused];
  return bytesOf(all.find((each) => each.name === name)?.file ?? assert.fail(name));
};
const size = { width: 8, height: 8 };

/** A PNG from raw chunks, so that it can say what no writer would. */
function pngOf(
  header: readonly number[],
  ...chunks: readonly (readonly [string, Uint8Array])[]
): Buffer {
  const ihdr = Buffer.from(header);
  const parts = [['IHDR', ihdr] as const, ...chunks, ['IEND', new Uint8Array()] as const].map(
    ([type, data]) => {
      const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
      const framed = Buffer.alloc(named.length + 8);
      framed.writeUInt32BE(data.length, 0);
      named.copy(framed, 4);
      framed.writeUInt32BE(crc32(named), named.length + 4);
      return framed;
    },
  );
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}
const headerOf = (
  width: number,
  height: number,
  depth = 8,
  colourType = 2,
  interlace = 0,
): number[] => {
  const buffer = Buffer.alloc(13);
  buffer.writeUInt32BE(width, 0);
  buffer.writeUInt32BE(height, 4);
  buffer.set([depth, colourType, 0, 0, interlace], 8);
  return [...buffer];
};

describe('decodePicture', () => {
  it('reads the pixels that Pillow reads, upright', () => {
    for (const { name, file, width, height, rgb } of golden.files) {
      const { whole } = decodePicture(bytesOf(file), size);
      assert.deepEqual([whole.width, whole.height], [width, height], name);
      assert.ok(Buffer.from(whole.rgb).equals(bytesOf(rgb)), name);
    }
    assert.ok(golden.files.length > 20);
  });

  it('says what it changed', () => {
    const notesOf = (name: string): string => decodePicture(fileNamed(name), size).notes.join(' ');
    assert.match(notesOf('16bit.png'), /16 bits a channel were rounded to 8/);
    assert.match(notesOf('turned6.jpg'), /EXIF orientation/);
    assert.equal(notesOf('rgb.png'), '');
    // Two RGBA pixels in a row without a filter: an opaque one and a clear one.
    const row = Uint8Array.of(0, 9, 9, 9, 255, 0, 0, 0, 0);
    const clear = pngOf(headerOf(2, 1, 8, 6), ['IDAT', deflateSync(row)]);
    const { whole, notes } = decodePicture(clear, size);
    assert.deepEqual([...whole.rgb], [9, 9, 9, 255, 255, 255]);
    assert.match(notes.join(), /Transparent pixels were put on white/);
  });

  it('reads texts of chunks, compressed or not, and of EXIF', () => {
    const { texts } = decodePicture(fileNamed('rgb.png'), size);
    assert.equal(texts['parameters'], 'a cat');
    assert.equal(texts['workflow'], '{"ü": 1}');
    assert.equal(texts['comment'], 'x'.repeat(200));
    const comment = decodePicture(fileNamed('comment.jpg'), size).texts['UserComment'];
    assert.equal(comment, 'a cat, ü\nSteps: 4');
  });

  it('reads interlaced PNGs', () => {
    // Each pixel's grey is its place: pass by pass in the order of the specification.
    const [width, height] = [5, 4];
    const passes = [
      [0, 0, 8, 8],
      [4, 0, 8, 8],
      [0, 4, 4, 8],
      [2, 0, 4, 4],
      [0, 2, 2, 4],
      [1, 0, 2, 2],
      [0, 1, 1, 2],
    ];
    const raw: number[] = [];
    for (const [left = 0, top = 0, stepX = 1, stepY = 1] of passes) {
      if (left >= width) continue;
      for (let y = top; y < height; y += stepY) {
        raw.push(0);
        for (let x = left; x < width; x += stepX) raw.push(10 * (y * width + x));
      }
    }
    const png = pngOf(headerOf(width, height, 8, 0, 1), [
      'IDAT',
      deflateSync(Uint8Array.from(raw)),
    ]);
    const { whole } = decodePicture(png, size);
    const greys = Array.from({ length: width * height }, (_, i) => whole.rgb[3 * i]);
    assert.deepEqual(
      greys,
      Array.from({ length: width * height }, (_, i) => 10 * i),
    );
  });

  it('refuses in words what it does not read', () => {
    const refusals: readonly (readonly [Buffer, RegExp])[] = [
      [fileNamed('cmyk.jpg'), /in CMYK/],
      [fileNamed('animated.webp'), /WebP is animated/],
      [fileNamed('animated.png'), /PNG is animated/],
      [fileNamed('picture.gif'), /no PNG, JPEG or WebP/],
      [pngOf(headerOf(20_000, 20_000)), /20000 × 20000 pixels; at most 50 megapixels/],
      [pngOf(headerOf(0, 5)), /0 × 5 pixels: it is damaged/],
      [pngOf(headerOf(1, 1, 3)), /with 3 bits is no kind of PNG/],
      [
        pngOf(headerOf(1, 1), ['IDAT', deflateSync(Buffer.alloc(50_000_000))]),
        /unpacks to more than/,
      ],
      [pngOf(headerOf(9, 9), ['IDAT', deflateSync(Buffer.alloc(10))]), /pixels are missing/],
      [
        pngOf(
          headerOf(1, 1),
          ['zTXt', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(2 ** 24))])],
          ['IDAT', deflateSync(Buffer.alloc(4))],
        ),
        /more than 4\.0 MB of text/,
      ],
    ];
    for (const [bytes, words] of refusals) {
      assert.throws(() => decodePicture(bytes, size), { code: 'invalidInput', message: words });
    }
  });

  it('fits a picture by its middle', () => {
    const { crop, source, picture } = decodePicture(fileNamed('rgb.png'), size);
    assert.deepEqual(source, { width: 19, height: 13 });
    assert.deepEqual(crop, { left: 3, top: 0, width: 13, height: 13 });
    assert.equal(picture.rgb.length, 8 * 8 * 3);
  });

  it('answers mutated files with a picture or with words', function () {
    this.timeout(soakCount(20_000, 600_000));
    const random = seededRandom(7);
    // The decoders of the other formats are run in a thread that ends with the file: see the engine's tests.
    const sources = golden.files.filter(({ name }) => name.endsWith('.png'));
    for (let round = 0; round < soakCount(200, 2000); round++) {
      const { name, file } = sources[round % sources.length]!;
      const mutate = (bytes: Uint8Array): void => {
        if (bytes.length > 0)
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      };
      let bytes = bytesOf(file);
      if (random() < 0.5) {
        // With right checksums, so that what is inside gets its turn.
        const [ihdr, ...chunks] = readPngChunks(bytes);
        for (let i = 0; i <= round % 4; i++)
          mutate([ihdr!, ...chunks][Math.floor(random() * (chunks.length + 1))]!.data);
        bytes = pngOf(
          [...ihdr!.data],
          ...chunks.slice(0, -1).map(({ type, data }) => [type, data] as const),
        );
      } else {
        for (let i = 0; i <= round % 4; i++) mutate(bytes);
      }
      const cut = random() < 0.1 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      try {
        decodePicture(cut, size);
      } catch (error) {
        assert.ok(
          error instanceof FeaturescopeError,
          `${name}, round ${String(round)}: ${String(error)}`,
        );
        assert.equal(error.code, 'invalidInput');
      }
    }
  });
});
