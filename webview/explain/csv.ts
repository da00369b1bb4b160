import { rowsOf } from './rows.ts';
import type { PanelState } from './state.ts';

/** All features of all blocks with every number, unrounded. */
export function csvOf({ content, host, area, stepIndex }: PanelState): string {
  if (!content || !host?.result) return '';
  const { labels, file, path } = host.result;
  const isEncoded = path.kind === 'encoded';
  const head = isEncoded
    ? 'file,timestep,block,feature,label,difference,spread,picture,control'
    : 'file,step,block,feature,label,value,spread,picture,rest';
  const at = isEncoded ? path.timestep : stepIndex + 1;
  const lines = content.readings.flatMap((reading) =>
    rowsOf({ content, area, stepIndex }, reading).map(({ id, value, spread, picture, beside }) => {
      const label = labels.find((each) => each.block === reading.block && each.id === id);
      return [
        ...[quoted(file.name), at, reading.block, id, quoted(label?.label.text ?? '')],
        ...[value, spread ?? '', picture, beside ?? ''],
      ].join(',');
    }),
  );
  return `${[head, ...lines].join('\n')}\n`;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
