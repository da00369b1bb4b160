import type { Picture } from '../../src/protocol/engine.ts';
import { mapCanvas, pictureCanvas } from '../shared/picture/pictureCanvas.ts';
import type { Overlay } from '../shared/picture/overlay.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';

/** A small picture is enlarged by a whole number, so that it can be looked at and put on a slide. */
const sideMin = 768;

/** @returns a PNG of the picture with maps over it, without outlines */
export async function mapPng(
  picture: Picture,
  maps: readonly PictureMap[],
  { opacity, style }: Overlay,
): Promise<ArrayBuffer> {
  const factor = Math.max(1, Math.ceil(sideMin / Math.max(picture.width, picture.height)));
  const width = picture.width * factor;
  const height = picture.height * factor;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(pictureCanvas(picture), 0, 0, width, height);
  context.imageSmoothingEnabled = style === 'smooth';
  context.globalAlpha = opacity;
  for (const map of maps) context.drawImage(mapCanvas(map, style), 0, 0, width, height);
  return (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer();
}
