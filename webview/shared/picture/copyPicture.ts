import type { Picture } from '../../../src/protocol/engine.ts';
import { pictureCanvas } from './pictureCanvas.ts';

/**
 * Puts a picture on the clipboard as a PNG of its own size.
 *
 * @throws Error in the browser's words when it may not
 */
export async function copyPicture(picture: Picture): Promise<void> {
  const png = pictureCanvas(picture).convertToBlob({ type: 'image/png' });
  // The promise goes in as it is: after an await the click that allows the copy may have expired.
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}
