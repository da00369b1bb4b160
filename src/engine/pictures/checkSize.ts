import { invalidInput } from '../../protocol/errors.ts';
import { pixelsMax, sideMax } from './limits.ts';

/** @throws `invalidInput` for a size that no picture has, or more pixels than are read; before anything is decoded */
export function checkSize(width: number, height: number): void {
  if (!(width >= 1 && height >= 1)) {
    throw invalidInput(
      `The picture says that it is ${String(width)} × ${String(height)} pixels: it is damaged.`,
    );
  }
  const isTooLarge = width > sideMax || height > sideMax || width * height > pixelsMax;
  if (!isTooLarge) return;
  throw invalidInput(
    `The picture has ${String(width)} × ${String(height)} pixels; at most ${String(pixelsMax / 1e6)} megapixels and ` +
      `${String(sideMax)} a side are read. Make it smaller first.`,
  );
}
