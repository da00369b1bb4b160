import type { CardContent, CardExample } from '../../src/protocol/cardPanel.ts';
import { featureName } from '../../src/protocol/featureName.ts';
import type { PanelPicture } from '../../src/protocol/panelRequests.ts';
import { significant } from '../../src/numerics/significant.ts';
import { cropAround, wholePicture } from './crop.ts';
import { drawExample, examplePixels } from './drawExample.ts';
import { peakText, overlayOf } from './exampleTile.ts';
import { intervalTitle } from './intervalTitle.ts';
import type { Looks } from './state.ts';

const tile = 160;
const gap = 8;
const captionHeight = 18;
const rowHeight = tile + captionHeight + gap;
const columns = 8;
const margin = 24;
const sheetWidth = 2 * margin + columns * tile + (columns - 1) * gap;
const headHeight = 96;
/** Black on white whatever the theme: sheets go into papers. */
const ink = '#1a1a1a';
const paper = '#ffffff';

interface Row {
  readonly title: string;
  readonly pictures: readonly (PanelPicture | CardExample)[];
  readonly caption: (picture: PanelPicture) => string;
}

/** All pictures of a card with their maps as they are shown, under name, label and figures. @returns a PNG */
export async function cardSheet(card: CardContent, looks: Looks): Promise<ArrayBuffer> {
  const rows = rowsOf(card);
  const height = headHeight + rows.length * (rowHeight + 26) + margin;
  const canvas = document.createElement('canvas');
  canvas.width = sheetWidth;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The sheet is too large to be drawn.');
  context.fillStyle = paper;
  context.fillRect(0, 0, sheetWidth, height);
  drawHead(context, card, looks);
  let top = headHeight;
  for (const row of rows) {
    write(context, row.title, margin, top + 14, 'bold 14px sans-serif');
    await drawRow(context, row, top + 24, card, looks);
    top += rowHeight + 26;
  }
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (!blob) throw new Error('The sheet could not be written as PNG.');
  return blob.arrayBuffer();
}

function rowsOf(card: CardContent): Row[] {
  const negatives = [
    { title: 'Almost (its largest pre-activation, which did not suffice)', pictures: card.hardNegatives, caption: ({ peak }: PanelPicture) => significant(peak) }, // prettier-ignore
    { title: 'Without it', pictures: card.randomNegatives, caption: () => 'not active' },
  ];
  const examples = card.examples.map(({ interval, pictures }) => ({
    title: `${intervalTitle(interval)} (activation)`,
    pictures,
    caption: peakText,
  }));
  return [...examples, ...negatives].filter(({ pictures }) => pictures.length > 0);
}

function drawHead(context: CanvasRenderingContext2D, card: CardContent, looks: Looks): void {
  const { figures, label } = card;
  const title = label ? `${featureName(card)}  ${label.text}` : featureName(card);
  write(context, title, margin, 36, 'bold 22px sans-serif');
  const numbers = [
    `density ${significant(100 * figures.density)} % of ${significant(card.sampleCount, 9)} samples`,
    `in ${significant(100 * figures.pictureShare)} % of ${significant(card.pictureCount, 9)} pictures`,
    `mean ${significant(figures.mean)}`,
    `largest ${significant(figures.max)}`,
    `locality ${significant(figures.locality)}`,
  ];
  write(context, numbers.join('   '), margin, 60, '14px sans-serif');
  const colours = looks.scale === 'own' ? "each picture's peak" : "the feature's largest";
  const maps = looks.hasMap ? `Maps (viridis) from 0 to ${colours}.` : 'Without maps.';
  write(context, maps, margin, 80, '12px sans-serif');
}

async function drawRow(
  context: CanvasRenderingContext2D,
  { pictures, caption }: Row,
  top: number,
  card: CardContent,
  looks: Looks,
): Promise<void> {
  for (const [column, picture] of pictures.slice(0, columns).entries()) {
    const left = margin + column * (tile + gap);
    const pixels =
      picture.uri === null ? undefined : await examplePixels(picture.uri).catch(() => undefined);
    const box = { left, top, width: tile, height: tile };
    if (pixels) {
      const crop = looks.isCropped ? cropAround(picture.peakCell, card) : wholePicture;
      drawExample(context, pixels, box, overlayOf(picture, card, looks), crop);
    } else {
      context.strokeStyle = ink;
      context.strokeRect(left, top, tile, tile);
      write(context, picture.prompt, left + 4, top + 16, '11px sans-serif', tile - 8);
    }
    write(context, caption(picture), left, top + tile + 14, '12px sans-serif', tile);
  }
}

function write(
  context: CanvasRenderingContext2D,
  text: string,
  left: number,
  baseline: number,
  font: string,
  widthMax = sheetWidth - 2 * margin,
): void {
  context.font = font;
  context.fillStyle = ink;
  context.fillText(text, left, baseline, widthMax);
}
