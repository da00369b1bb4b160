import type { Experiment } from './experiment.ts';

/** Keys come in this order wherever they are; others (names of blocks) follow by name. */
const keyOrder = [
  ...['$schema', 'version', 'title', 'id', 'name', 'kind', 'block'],
  ...['model', 'sha256', 'saes', 'picture', 'columns', 'variants', 'metrics'],
  ...['prompt', 'negativePrompt', 'seed', 'steps', 'guidanceScale', 'scheduler'],
  ...['width', 'height', 'seeds', 'prompts', 'edits'],
  ...['sources', 'feature', 'channel', 'factor', 'strength', 'value', 'unit', 'rows'],
  ...['onlyActive', 'withError', 'maps', 'from', 'mask', 'rule', 'file'],
  ...['cellsHigh', 'cellsWide', 'runs', 'weights'],
  ...['mean', 'std', 'max', 'readBias', 'read', 'vector'],
];
const rank = new Map(keyOrder.map((key, index) => [key, index]));

const lineMax = 100;
/** Always one item a line, so that a change is a line of a diff. */
const broken = new Set(['picture', 'variants', 'edits']);

/**
 * An experiment as the text of a file: keys in one order, a line for each thing that changes alone, long lists of numbers
 * filled into lines. What it writes, it writes again from what is read: the same characters.
 */
export const formatExperiment = (experiment: Experiment): string =>
  `${formatValue(experiment, '', '')}\n`;

/**
 * @param key under which it stands, or ''
 * @param indent of the line that it begins on
 */
export function formatValue(value: unknown, key: string, indent: string): string {
  const flat = flatText(value);
  const keyLength = key === '' ? 0 : key.length + '"": '.length;
  const isShort = indent.length + keyLength + flat.length + ','.length <= lineMax;
  const isBroken = indent === '' || broken.has(key);
  const isEmpty = flat === '[]' || flat === '{}';
  if (typeof value !== 'object' || value === null || isEmpty || (isShort && !isBroken)) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const isNumbers = value.every((item) => typeof item === 'number');
    const items = isNumbers
      ? filled(value.map(String), lineMax - inner.length - ','.length)
      : value.map((item) => formatValue(item, '', inner));
    return `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`;
  }
  const lines = entriesOf(value).map(
    ([name, each]) => `${inner}${JSON.stringify(name)}: ${formatValue(each, name, inner)}`,
  );
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function flatText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = entriesOf(value).map(
    ([name, each]) => `${JSON.stringify(name)}: ${flatText(each)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function entriesOf(value: object): [string, unknown][] {
  const last = keyOrder.length;
  return Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([one], [other]) => {
      const order = (rank.get(one) ?? last) - (rank.get(other) ?? last);
      return order === 0 ? (one < other ? -1 : 1) : order;
    });
}

/** Words separated by commas, as many as fit into each line. */
function filled(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line}, ${word}`;
    if (longer.length <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}
