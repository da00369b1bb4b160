import type { Picture } from '../../src/protocol/engine.ts';

/** The same picture as test/golden/make_pictures.py draws. */
export const drawnPicture = (width: number, height: number): Picture => ({
  ...{ width, height },
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const channel = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return (x * x * (3 + channel) + y * 17 * (1 + channel) + x * y * 5) % 256;
  }),
});
