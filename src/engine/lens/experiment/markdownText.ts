import { dirname, join, relative, sep } from 'node:path';
import type { MetricName } from '../../../protocol/experiment.ts';

export const metricHeads: Readonly<Record<MetricName, string>> = {
  pixelDistance: 'Distance',
  pixelDistanceMax: 'Largest',
  ssim: 'SSIM',
  lpips: 'LPIPS',
  latentDistance: 'Latent distance',
  share: 'Share',
  inside: 'Inside',
  outside: 'Outside',
  locality: 'Locality',
};

/** @param lines head first */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Any text as one line that means nothing to Markdown or HTML. */
export const escaped = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#+!|&~^$-]/g, (sign) =>
      sign === '<' ? '&lt;' : sign === '&' ? '&amp;' : `\\${sign}`,
    );

/** A picture, named from where the text will lie. */
export function imageText(textPath: string, dir: string, name: string, alt: string): string {
  const way = relative(dirname(textPath), join(dir, name)).split(sep).map(encodeURIComponent);
  return `![${escaped(alt)}](${way.join('/')})`;
}

export const legend =
  'Distances are mean |Δ| over pixels and channels, of 255; SSIM of the luminance, -1 to 1; LPIPS where a network was given, 0 is equal; the latent distance is of the largest value; share of the picture, 0 to 1; inside and outside of the mask, or of the cells where the edited features were active; locality is inside / outside.';
