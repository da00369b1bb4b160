import { invalidInput } from '../../protocol/errors.ts';

/** The rows of a PNG, or of one of the seven passes of an interlaced one. */
interface PngPass {
  /** Where its pixels lie in the picture. */
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
  /** In pixels of its own. */
  readonly width: number;
  readonly height: number;
  /** Without the byte that names the filter. */
  readonly rowBytes: number;
  readonly sizeBytes: number;
}

/** left, top, stepX, stepY. @source PNG specification (third edition), 8.1 Interlace methods */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** @param bits of a pixel */
export function passesOf(
  size: { readonly width: number; readonly height: number; readonly isInterlaced: boolean },
  bits: number,
): readonly PngPass[] {
  const steps = size.isInterlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return steps.flatMap(([left, top, stepX, stepY]) => {
    const width = Math.ceil((size.width - left) / stepX);
    const height = Math.ceil((size.height - top) / stepY);
    if (width <= 0 || height <= 0) return [];
    const rowBytes = Math.ceil((width * bits) / 8);
    return [
      { left, top, stepX, stepY, width, height, rowBytes, sizeBytes: height * (rowBytes + 1) },
    ];
  });
}

/**
 * Undoes the filters of all rows in place.
 *
 * @param pixelBytes at least 1
 * @throws `invalidInput` for a filter that does not exist
 * @source PNG specification (third edition), 9.2 Filter types
 */
export function unfilter(
  rows: Uint8Array,
  { height, rowBytes }: PngPass,
  pixelBytes: number,
): void {
  for (let row = 0; row < height; row++) {
    const start = row * (rowBytes + 1) + 1;
    const filter = rows[start - 1]!;
    const above = start - rowBytes - 1;
    if (filter > 4) {
      throw invalidInput(
        `The PNG is damaged: row ${String(row)} has the filter ${String(filter)}.`,
      );
    }
    for (let i = 0; filter > 0 && i < rowBytes; i++) {
      const left = i >= pixelBytes ? rows[start + i - pixelBytes]! : 0;
      const up = row > 0 ? rows[above + i]! : 0;
      const upLeft = row > 0 && i >= pixelBytes ? rows[above + i - pixelBytes]! : 0;
      rows[start + i]! += predicted(filter, left, up, upLeft);
    }
  }
}

function predicted(filter: number, left: number, up: number, upLeft: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default: {
      const estimate = left + up - upLeft;
      const [a, b, c] = [
        Math.abs(estimate - left),
        Math.abs(estimate - up),
        Math.abs(estimate - upLeft),
      ];
      if (a <= b && a <= c) return left;
      return b <= c ? up : upLeft;
    }
  }
}
