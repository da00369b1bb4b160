import { resizePicture } from '../../numerics/resizePicture.ts';
import type { Picture } from '../../protocol/engine.ts';
import type { FittedPicture } from '../../protocol/explain.ts';

/**
 * The largest part of the picture, in its middle, that has the proportions asked for, resampled to the size asked for.
 *
 * @param size pixels
 */
export function fitPicture(
  picture: Picture,
  size: { readonly width: number; readonly height: number },
): FittedPicture {
  const { width, height } = picture;
  const isWide = width * size.height > height * size.width;
  const cropWidth = isWide ? Math.max(1, Math.round((height * size.width) / size.height)) : width;
  const cropHeight = isWide
    ? height
    : Math.max(1, Math.min(height, Math.round((width * size.height) / size.width)));
  const left = Math.floor((width - cropWidth) / 2);
  const top = Math.floor((height - cropHeight) / 2);
  const cropped = cut(picture, left, top, cropWidth, cropHeight);
  const rgb = resizePicture(cropped, cropWidth, cropHeight, size.width, size.height);
  return {
    picture: { width: size.width, height: size.height, rgb },
    source: { width, height },
    crop: { left, top, width: cropWidth, height: cropHeight },
  };
}

function cut(
  { rgb, width, height }: Picture,
  left: number,
  top: number,
  cropWidth: number,
  cropHeight: number,
): Uint8Array {
  if (cropWidth === width && cropHeight === height) return rgb;
  const out = new Uint8Array(cropWidth * cropHeight * 3);
  for (let y = 0; y < cropHeight; y++) {
    const from = ((top + y) * width + left) * 3;
    out.set(rgb.subarray(from, from + cropWidth * 3), y * cropWidth * 3);
  }
  return out;
}
