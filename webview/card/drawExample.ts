import { drawCrisp } from '../shared/picture/drawCrisp.ts';
import type { MapStyle } from '../shared/picture/heatMap.ts';
import { mapCanvas } from '../shared/picture/pictureCanvas.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';
import { type Crop, wholePicture } from './crop.ts';

/** Pictures stay loaded for as many cards as one goes through. */
const picturesMax = 600;
const pictures = new Map<string, Promise<OffscreenCanvas>>();

/** A map over a picture; `opacity` 0 ... 1. */
export interface ExampleOverlay {
  readonly map: PictureMap;
  readonly style: MapStyle;
  readonly opacity: number;
}

/** Where on a canvas, in its pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The pixels of a thumbnail; loaded once. Rejects when it cannot be had. */
export function examplePixels(uri: string): Promise<OffscreenCanvas> {
  const loading = pictures.get(uri) ?? load(uri);
  pictures.delete(uri);
  pictures.set(uri, loading);
  for (const oldest of [...pictures.keys()].slice(0, -picturesMax)) pictures.delete(oldest);
  return loading;
}

async function load(uri: string): Promise<OffscreenCanvas> {
  const image = new Image();
  // Else a sheet with it could not be saved.
  image.crossOrigin = 'anonymous';
  image.src = uri;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  return canvas;
}

/** Draws the part of a picture that `crop` says into a box, and its map over it. */
export function drawExample(
  context: CanvasRenderingContext2D,
  pixels: OffscreenCanvas,
  { left, top, width, height }: Box,
  overlay: ExampleOverlay | null,
  crop: Crop = wholePicture,
): void {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  const whole = {
    left: left - (crop.x / crop.width) * width,
    top: top - (crop.y / crop.height) * height,
    width: width / crop.width,
    height: height / crop.height,
  };
  drawCrisp(context, pixels, whole);
  if (overlay) {
    const { map, style, opacity } = overlay;
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = style === 'smooth';
    context.drawImage(mapCanvas(map, style), whole.left, whole.top, whole.width, whole.height);
  }
  context.restore();
}
