import type { Picture } from '../../../src/protocol/engine.ts';
import { paintMap, type MapStyle } from './heatMap.ts';
import type { PictureMap } from './pictureMap.ts';

const pictures = new WeakMap<Picture, OffscreenCanvas>();
const maps = new WeakMap<PictureMap, Map<MapStyle, OffscreenCanvas>>();

/** A picture's pixels as something that can be drawn; made once. */
export function pictureCanvas(picture: Picture): OffscreenCanvas {
  const known = pictures.get(picture);
  if (known) return known;
  const { width, height, rgb } = picture;
  const rgba = new Uint8ClampedArray(width * height * 4); // [height, width, 4]
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgba[pixel * 4] = rgb[pixel * 3]!;
    rgba[pixel * 4 + 1] = rgb[pixel * 3 + 1]!;
    rgba[pixel * 4 + 2] = rgb[pixel * 3 + 2]!;
    rgba[pixel * 4 + 3] = 255;
  }
  const canvas = canvasOf(rgba, width, height);
  pictures.set(picture, canvas);
  return canvas;
}

/** A map in its colours; made once for each style. */
export function mapCanvas(map: PictureMap, style: MapStyle): OffscreenCanvas {
  const styles = maps.get(map) ?? new Map<MapStyle, OffscreenCanvas>();
  maps.set(map, styles);
  const known = styles.get(style);
  if (known) return known;
  const { rgba, width, height } = paintMap(map, style);
  const canvas = canvasOf(rgba, width, height);
  styles.set(style, canvas);
  return canvas;
}

function canvasOf(
  rgba: Uint8ClampedArray<ArrayBuffer>,
  width: number,
  height: number,
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}
