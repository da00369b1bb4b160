import { significant } from '../numerics/significant.ts';
import { type Chart, toyCaveat } from '../protocol/specialization.ts';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** One line a mark; every number unrounded. */
export function csvOf({ id, facets }: Chart): string {
  const head = 'chart,figure,series,is_control,place,x,value,low,high,n,note,is_special';
  const lines = facets.flatMap(({ title, series, columns }) =>
    series.flatMap(({ name, isControl, marks }) =>
      marks.map(({ x, y, low, high, n, note, isSpecial }) =>
        [
          ...[id, quoted(title), quoted(name), isControl, quoted(columns?.[x] ?? '')],
          ...[x, y, low, high, quoted(n), quoted(note ?? ''), isSpecial ?? ''],
        ].join(','),
      ),
    ),
  );
  return `${[head, ...lines].join('\n')}\n`;
}

/** A section with what the chart says and a table a figure. */
export function markdownOf(
  { title, finding, formula, facets }: Chart,
  isEmbedded: boolean,
): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const tables = facets.map(({ title: name, series, columns, xTitle }) =>
    [
      `### ${name}`,
      '',
      `| series | ${cell(xTitle)} | value | 95 % interval | n |`,
      '|---|---|---|---|---|',
      ...series.flatMap(({ name: one, isControl, marks }) =>
        marks.map(
          ({ x, y, low, high, n, note, isSpecial }) =>
            `| ${cell(one)}${isControl ? ' (control)' : ''} | ${cell(columns?.[x] ?? significant(x))} | ${significant(y)}${isSpecial ? ' *' : ''} | ${significant(low)} to ${significant(high)} | ${cell(n)}${note === undefined ? '' : `; ${cell(note)}`} |`,
        ),
      ),
      '',
    ].join('\n'),
  );
  const caveat = isEmbedded ? `*${toyCaveat}*\n\n` : '';
  return `## ${title}\n\n${finding}\n\n${caveat}${tables.join('\n')}\n${formula}\n`;
}
