import type { BoardState } from '../../src/protocol/boardPanel.ts';
import { variantName } from './recipeWords.ts';

const columns = [
  ...['variant', 'prompt', 'seed', 'steps', 'guidanceScale', 'width', 'height'],
  ...['pixelDistance', 'pixelDistanceMax', 'ssim', 'latentDistance', 'lpips', 'lpipsSha256'],
  ...['area', 'areaShare', 'inside', 'outside', 'locality', 'outsideOfObserved', 'recipe'],
];

/** Quoted where it must be; a beginning that a spreadsheet would take for a formula is made text. */
function field(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Every figure of every picture that was made, unrounded; distances of 255, shares 0 ... 1. */
export function boardCsv({ document, columns: bases }: BoardState): string {
  const rows = document.variants.flatMap(({ id, recipe }) =>
    bases.flatMap(({ base, edited }) => {
      const cell = edited[id];
      if (!cell?.figures) return [];
      const { pixelDistance, pixelDistanceMax, ssim, latentDistance, area, lpips } = cell.figures;
      const { prompt, seed, steps, guidanceScale, width, height } = base;
      return [
        [
          ...[variantName(recipe), prompt, seed, steps, guidanceScale, width, height],
          ...[pixelDistance, pixelDistanceMax, ssim, latentDistance],
          ...[lpips?.distance, lpips?.sha256],
          ...[area.kind, area.share, area.inside, area.outside, area.locality],
          cell.amounts.filter(({ isOutside }) => isOutside).length,
          JSON.stringify(recipe),
        ]
          .map(field)
          .join(','),
      ];
    }),
  );
  return `${[columns.join(','), ...rows].join('\n')}\n`;
}
