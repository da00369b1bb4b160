import type { Picture } from '../../protocol/engine.ts';

/** What a format's reader makes of a file, before rotation and resizing. */
export interface RawPicture {
  /** As its pixels lie in the file. */
  readonly picture: Picture;
  /** EXIF orientation, 1 ... 8. */
  readonly orientation: number;
  /** Text chunks by keyword, and EXIF texts by the name of their tag. */
  readonly texts: Readonly<Record<string, string>>;
  /** What had to be changed or left out to make 8-bit sRGB of it, in words. */
  readonly notes: readonly string[];
}

/** Pixels with alpha put on white. @param rgba u8 `[pixels, 4]` @returns whether any pixel was not opaque */
export function onWhite(rgba: ArrayLike<number>): { rgb: Uint8Array; hasAlpha: boolean } {
  const count = rgba.length / 4;
  const rgb = new Uint8Array(count * 3);
  let hasAlpha = false;
  for (let i = 0; i < count; i++) {
    const alpha = rgba[4 * i + 3]!;
    if (alpha !== 255) hasAlpha = true;
    for (let channel = 0; channel < 3; channel++) {
      const value = rgba[4 * i + channel]!;
      rgb[3 * i + channel] =
        alpha === 255 ? value : Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { rgb, hasAlpha };
}

export const transparencyNote = 'Transparent pixels were put on white.';

export const profileNote = (name: string): string =>
  `The file carries a colour profile${name === '' ? '' : ` (${name})`}; its numbers were read as sRGB.`;
