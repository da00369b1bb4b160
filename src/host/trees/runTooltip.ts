import { MarkdownString, Uri } from 'vscode';
import { bytesText } from '../../protocol/countText.ts';
import type { RunSummary } from '../../protocol/engine.ts';
import { shortened } from '../words.ts';

const promptLength = 600;

/** The picture and the figures that make it again. */
export function runTooltip({ manifest, pngPath, sizeBytes }: RunSummary): MarkdownString {
  const { total: totalMs } = manifest.timingsMs;
  const rows: readonly (readonly [string, string])[] = [
    ['Seed', String(manifest.seed)],
    ['Steps', String(manifest.steps)],
    ['Guidance', String(manifest.guidanceScale)],
    ['Scheduler', manifest.scheduler],
    ['Size', `${String(manifest.width)} × ${String(manifest.height)} px, ${bytesText(sizeBytes)}`],
    ['Model', `${manifest.model.id} on ${manifest.provider}`],
    ...(totalMs === undefined ? [] : [['Time', `${totalMs.toFixed(0)} ms`] as const]),
    ['Made', new Date(manifest.createdAt).toLocaleString()],
  ];
  const tooltip = new MarkdownString();
  tooltip.appendMarkdown(`![The picture](${Uri.file(pngPath).toString()}|width=192)\n\n`);
  tooltip.appendText(shortened(manifest.prompt, promptLength));
  if (manifest.negativePrompt !== '') {
    tooltip.appendMarkdown('\n\nNot: ');
    tooltip.appendText(shortened(manifest.negativePrompt, promptLength));
  }
  tooltip.appendMarkdown('\n\n| | |\n|---|---|\n');
  for (const [name, value] of rows) {
    tooltip.appendMarkdown(`| ${name} | `);
    tooltip.appendText(value);
    tooltip.appendMarkdown(' |\n');
  }
  return tooltip;
}
