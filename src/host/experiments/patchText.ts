import { isDeepStrictEqual } from 'node:util';
import { applyEdits, type Edit, getNodeValue, type Node, parseTree } from 'jsonc-parser';
import { formatValue } from '../../protocol/experimentText.ts';

/**
 * A text of JSON with comments, changed so that it holds `wanted`: what stays the same keeps its characters, its comments
 * and its place. Items of lists that have an `id` are followed by it when they move.
 *
 * @param wanted plain data; undefined values are absent keys
 */
export function patchText(text: string, wanted: unknown): string {
  const value: unknown = JSON.parse(JSON.stringify(wanted));
  let patched = text;
  for (let round = 0; round < roundsMax; round++) {
    const root = parseTree(patched, [], { allowTrailingComma: true });
    if (!root) break;
    const edits = firstChange({ text: patched, node: root, key: '' }, value);
    if (!edits) return patched;
    patched = applyEdits(patched, edits);
  }
  return `${formatValue(value, '', '')}\n`;
}

/** More changes than this are another text: it is written anew. */
const roundsMax = 5000;

interface Place {
  readonly text: string;
  readonly node: Node;
  /** Under which it stands, or ''. */
  readonly key: string;
}

function firstChange(place: Place, wanted: unknown): Edit[] | undefined {
  const { node } = place;
  if (Array.isArray(wanted) && node.type === 'array') return changeInArray(place, wanted);
  if (isObject(wanted) && node.type === 'object') return changeInObject(place, wanted);
  const isSame = node.type !== 'array' && node.type !== 'object' && node.value === wanted;
  return isSame ? undefined : [replacement(place, wanted)];
}

function changeInObject(place: Place, wanted: Record<string, unknown>): Edit[] | undefined {
  const { text, node } = place;
  const properties = new Map(
    (node.children ?? []).map((property) => [String(property.children?.[0]?.value), property]),
  );
  const gone = [...properties.keys()].findIndex((key) => !Object.hasOwn(wanted, key));
  if (gone >= 0) return removal(text, [...properties.values()], gone);
  let before: Node | undefined;
  for (const [key, value] of Object.entries(wanted)) {
    const property = properties.get(key);
    if (!property) return insertion(place, before, key, value, wanted);
    const child = property.children?.[1];
    if (!child) return [replacement(place, wanted)];
    const change = firstChange({ text, node: child, key }, value);
    if (change) return change;
    before = property;
  }
  return undefined;
}

function changeInArray(place: Place, wanted: readonly unknown[]): Edit[] | undefined {
  const { text, node } = place;
  const items = node.children ?? [];
  if (wanted.length > 0 && wanted.every((item) => idOf(item) !== undefined)) {
    const change = changeOfIds(place, items, wanted);
    if (change) return change;
  } else if (items.length !== wanted.length || !wanted.every(isObject)) {
    // Through JSON, which gives objects their usual prototype.
    const have: unknown = JSON.parse(JSON.stringify(getNodeValue(node)));
    const isSame = isDeepStrictEqual(have, wanted);
    return isSame ? undefined : [replacement(place, wanted)];
  }
  for (const [index, value] of wanted.entries()) {
    const item = items[index];
    if (!item) return [replacement(place, wanted)];
    const change = firstChange({ text, node: item, key: '' }, value);
    if (change) return change;
  }
  return undefined;
}

/** Items that went, then those that moved, then one that came. */
function changeOfIds(
  place: Place,
  items: readonly Node[],
  wanted: readonly unknown[],
): Edit[] | undefined {
  const { text } = place;
  const have = items.map((item) => idOf(plainId(item)));
  const wish = wanted.map(idOf);
  const gone = have.findIndex((id, index) => !wish.includes(id) || have.indexOf(id) !== index);
  if (gone >= 0) return removal(text, items, gone);
  const kept = wish.filter((id) => have.includes(id));
  if (kept.some((id, index) => have[index] !== id)) {
    return kept.flatMap((id, index) => {
      const [from, to] = [items[have.indexOf(id)], items[index]];
      if (!from || !to || from === to) return [];
      const content = text.slice(from.offset, from.offset + from.length);
      return [{ offset: to.offset, length: to.length, content }];
    });
  }
  const index = wish.findIndex((id) => !have.includes(id));
  if (index < 0) return undefined;
  const [before, after] = [items[index - 1], items[index]];
  const neighbour = before ?? after;
  if (!neighbour) return [replacement(place, wanted)];
  const indent = indentAt(text, neighbour.offset);
  const added = formatValue(wanted[index], '', indent);
  const content = before ? `,\n${indent}${added}` : `${added},\n${indent}`;
  const offset = before ? before.offset + before.length : neighbour.offset;
  return [{ offset, length: 0, content }];
}

function insertion(
  place: Place,
  before: Node | undefined,
  key: string,
  value: unknown,
  wanted: Record<string, unknown>,
): Edit[] {
  const { text, node } = place;
  const [first] = node.children ?? [];
  const isOneLine = !text.slice(node.offset, node.offset + node.length).includes('\n');
  const neighbour = before ?? first;
  if (!neighbour || isOneLine) return [replacement(place, wanted)];
  const indent = indentAt(text, neighbour.offset);
  const added = `${JSON.stringify(key)}: ${formatValue(value, key, indent)}`;
  return before
    ? [{ offset: before.offset + before.length, length: 0, content: `,\n${indent}${added}` }]
    : [{ offset: neighbour.offset, length: 0, content: `${added},\n${indent}` }];
}

const replacement = ({ text, node, key }: Place, wanted: unknown): Edit => ({
  offset: node.offset,
  length: node.length,
  content: formatValue(wanted, key, indentAt(text, node.offset)),
});

/** Takes an item or property out with its comma; comments before and after it stay. */
function removal(text: string, siblings: readonly Node[], index: number): Edit[] {
  const [before, node] = [siblings[index - 1], siblings[index]];
  if (!node) return [];
  let start = node.offset;
  while (/[ \t]/.test(text.charAt(start - 1))) start--;
  if (text[start - 1] === '\n') start -= text[start - 2] === '\r' ? 2 : 1;
  const end = node.offset + node.length;
  const own = { offset: start, length: end - start, content: '' };
  const comma =
    commaAfter(text, end) ?? (before && commaAfter(text, before.offset + before.length));
  return comma === undefined ? [own] : [own, { offset: comma, length: 1, content: '' }];
}

/** Where the next comma is, if nothing but white space and comments comes before it. */
function commaAfter(text: string, offset: number): number | undefined {
  const skipped = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
  skipped.lastIndex = offset;
  skipped.test(text);
  return text[skipped.lastIndex] === ',' ? skipped.lastIndex : undefined;
}

/** White space at the beginning of a place's line. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^\s*/.exec(line)?.[0] ?? '';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idOf = (value: unknown): string | undefined => {
  const id = isObject(value) ? value['id'] : undefined;
  return typeof id === 'string' ? id : undefined;
};

function plainId({ children }: Node): unknown {
  const property = children?.find(({ children: [key] = [] }) => key?.value === 'id');
  return { id: property?.children?.[1]?.value as unknown };
}
