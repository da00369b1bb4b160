import { invalidInput } from '../../protocol/errors.ts';
import { labelLimits } from '../../protocol/labels.ts';

/** A feature of one SAE: the same id of another SAE is another feature. */
export interface LabelledFeature {
  readonly block: string;
  readonly id: number;
  /** First 12 hex digits of the SHA-256 of the SAE's weights. */
  readonly sae: string;
}

export type LabelLine =
  | (LabelledFeature & { readonly kind: 'label'; readonly text: string; readonly note: string })
  | (LabelledFeature & { readonly kind: 'list'; readonly name: string })
  /** A comment, an empty line, or one that cannot be read (`reason`): it stays as it is. */
  | { readonly kind: 'other'; readonly raw: string; readonly reason?: string };

export interface LabelDocument {
  readonly lines: readonly LabelLine[];
  readonly lineEnd: '\n' | '\r\n';
}

const header = [
  '# Featurescope labels 1: one line a label. Columns are separated by tabs; \\t, \\n and \\\\ stand for tab, line end, backslash.',
  '# block/id  SAE (first 12 digits of its SHA-256)  label  note',
  '# list  name  block/id  SAE',
];
const linesMax = 200_000;
const featurePattern = /^([\w.-]{1,80})\/(\d{1,9})$/;
const saePattern = /^[0-9a-f]{12}$/;

/**
 * Reads a labels file line by line. Nothing in it can make this fail but more than 200,000 lines: a line that is not
 * understood is kept, with the reason.
 *
 * @throws `invalidInput` for too many lines
 */
export function parseLabels(text: string): LabelDocument {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const raws = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (raws.at(-1) === '') raws.pop();
  if (raws.length > linesMax) {
    throw invalidInput(`The labels file has ${raws.length} lines; at most ${linesMax} are read.`);
  }
  return { lines: raws.map(parseLine), lineEnd };
}

function parseLine(raw: string): LabelLine {
  if (raw.trim() === '' || raw.startsWith('#')) return { kind: 'other', raw };
  const problem = (reason: string): LabelLine => ({ kind: 'other', raw, reason });
  const columns = raw.split('\t');
  const isList = columns[0] === 'list';
  const [place = '', sae = ''] = isList ? columns.slice(2) : columns;
  const [, block, id] = featurePattern.exec(place) ?? [];
  if (block === undefined) return problem(`"${place.slice(0, 40)}" is not block/id`);
  if (!saePattern.test(sae)) return problem('the SAE is not 12 hexadecimal digits');
  const feature = { block, id: Number(id), sae };
  const { textMax, noteMax, listNameMax } = labelLimits;
  if (isList) {
    const name = unescape(columns[1] ?? '');
    if (name === '' || name.length > listNameMax) return problem('the list has no usable name');
    return { kind: 'list', name, ...feature };
  }
  const [text, note] = [unescape(columns[2] ?? ''), unescape(columns[3] ?? '')];
  if (columns.length > 4) return problem('it has more than four columns');
  if (text.length > textMax) return problem(`the label is longer than ${textMax} characters`);
  if (note.length > noteMax) return problem(`the note is longer than ${noteMax} characters`);
  return { kind: 'label', text, note, ...feature };
}

export function formatLabels({ lines, lineEnd }: LabelDocument): string {
  if (lines.length === 0) return '';
  return lines.map((line) => formatLine(line) + lineEnd).join('');
}

function formatLine(line: LabelLine): string {
  if (line.kind === 'other') return line.raw;
  const feature = `${line.block}/${line.id}\t${line.sae}`;
  if (line.kind === 'list') return `list\t${escape(line.name)}\t${feature}`;
  return `${feature}\t${escape(line.text)}${line.note === '' ? '' : `\t${escape(line.note)}`}`;
}

/**
 * Replaces the label of one feature, or removes it when text and note are empty. A new line goes before the first label
 * that comes after it, so that a file that is in order stays so.
 *
 * @throws `invalidInput` for a text or note that is too long
 */
export function setLabel(
  document: LabelDocument,
  feature: LabelledFeature,
  text: string,
  note: string,
): LabelDocument {
  const line: LabelLine = {
    kind: 'label',
    ...feature,
    text: checked(text, 'label', labelLimits.textMax),
    note: checked(note, 'note', labelLimits.noteMax),
  };
  const isSame = (other: LabelLine): boolean =>
    other.kind === 'label' && isSameFeature(other, feature);
  const isGone = line.text === '' && line.note === '';
  return replaceLine(document, isSame, isGone ? undefined : line);
}

/** Puts a feature on a list, or takes it off. @throws `invalidInput` for a name that is empty or too long */
export function setListed(
  document: LabelDocument,
  name: string,
  feature: LabelledFeature,
  isMember: boolean,
): LabelDocument {
  const clean = checked(name, 'name of the list', labelLimits.listNameMax);
  if (clean === '') throw invalidInput('The list has no name.');
  const isSame = (other: LabelLine): boolean =>
    other.kind === 'list' && other.name === clean && isSameFeature(other, feature);
  return replaceLine(
    document,
    isSame,
    isMember ? { kind: 'list', name: clean, ...feature } : undefined,
  );
}

function replaceLine(
  { lines, lineEnd }: LabelDocument,
  isSame: (line: LabelLine) => boolean,
  line: LabelLine | undefined,
): LabelDocument {
  const place = lines.findLastIndex(isSame);
  // A merge may have left several lines for one feature: one stays.
  const kept = lines.flatMap((other, i) => {
    if (!isSame(other)) return [other];
    return i === place && line ? [line] : [];
  });
  if (place >= 0 || !line) return { lines: kept, lineEnd };
  const next = kept.findIndex(
    (other) => other.kind === line.kind && sortKey(other) > sortKey(line),
  );
  const after = kept.findLastIndex((other) => other.kind === line.kind) + 1;
  const firstList = line.kind === 'label' ? kept.findIndex(({ kind }) => kind === 'list') : -1;
  const end = after > 0 ? after : firstList >= 0 ? firstList : kept.length;
  const at = next >= 0 ? next : end;
  const start: readonly LabelLine[] =
    kept.length === 0 ? header.map((raw) => ({ kind: 'other', raw })) : [];
  return { lines: [...start, ...kept.slice(0, at), line, ...kept.slice(at)], lineEnd };
}

const isSameFeature = (a: LabelledFeature, b: LabelledFeature): boolean =>
  a.block === b.block && a.id === b.id && a.sae === b.sae;

function sortKey(line: LabelLine): string {
  if (line.kind === 'other') return '';
  const place = `${line.block}\t${String(line.id).padStart(9, '0')}\t${line.sae}`;
  return line.kind === 'list' ? `${line.name}\t${place}` : place;
}

/** Without control characters but tab and line end, and without blanks around it. */
function checked(text: string, what: string, max: number): string {
  const clean = text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .trim();
  if (clean.length <= max) return clean;
  throw invalidInput(`The ${what} has ${clean.length} characters; at most ${max} are allowed.`);
}

const escapes = { '\\': '\\\\', '\t': '\\t', '\n': '\\n' } as const;
const escape = (text: string): string =>
  text.replace(/[\\\t\n]/g, (char) => escapes[char as keyof typeof escapes]);
const unescape = (text: string): string =>
  text.replace(/\\([\\tn])/g, (_, char: string) => ({ t: '\t', n: '\n' })[char] ?? '\\');
