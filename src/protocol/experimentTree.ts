import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { invalidInput } from './errors.ts';

/** A text of JSON with comments: its values, where each stands, and what is wrong with it as JSON. */
export interface ExperimentTree {
  /** undefined for a text without any value. */
  readonly root: Node | undefined;
  readonly value: unknown;
  readonly faults: readonly TextFault[];
}

/** UTF-16 units from the beginning of the text. */
export interface TextFault {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  /** No JSON at all, which every editor of JSON says too. */
  readonly isSyntax: boolean;
}

/** Masks and vectors are long, but no experiment comes near it. */
const experimentCharactersMax = 2 ** 24;
const depthMax = 64;

/**
 * Reads JSON with comments. A key that is there twice is a fault: one of its values would be silently left out.
 *
 * @throws `invalidInput` for a text that is too long or nested too deeply
 */
export function parseExperimentTree(text: string): ExperimentTree {
  if (text.length > experimentCharactersMax) {
    throw invalidInput(
      `The experiment has ${String(text.length)} characters; at most ${String(experimentCharactersMax)} are allowed.`,
    );
  }
  refuseDeep(text);
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: true, disallowComments: false };
  const root = parseTree(text, errors, options);
  const faults: TextFault[] = errors.map(({ error, offset, length }) => ({
    offset,
    length,
    message: wordsOf(printParseErrorCode(error)),
    isSyntax: true,
  }));
  if (!root && faults.length === 0) {
    const message = 'The file is empty.';
    faults.push({ offset: 0, length: text.length, message, isSyntax: false });
  }
  return { root, value: root && valueOf(root, faults), faults };
}

/** @throws `invalidInput` with line and column for a text that is not JSON */
export function parseExperimentText(text: string, where: string): unknown {
  const { value, faults } = parseExperimentTree(text.replace(/^\ufeff/, ''));
  const [fault] = faults;
  if (!fault) return value;
  const before = text.slice(0, fault.offset).split('\n');
  const line = String(before.length);
  const column = String((before.at(-1)?.length ?? 0) + 1);
  throw invalidInput(`${where}, line ${line}, column ${column}: ${fault.message}`);
}

/** The parser calls itself for each level: brackets are counted before it starts, those in texts and comments too. */
function refuseDeep(text: string): void {
  let depth = 0;
  for (const match of text.matchAll(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|[[\]{}]/g)) {
    const [sign] = match;
    if (sign === '[' || sign === '{') depth++;
    else if (sign === ']' || sign === '}') depth--;
    if (depth > depthMax) {
      throw invalidInput(`The experiment is nested deeper than ${String(depthMax)} levels.`);
    }
  }
}

function valueOf(node: Node, faults: TextFault[]): unknown {
  if (node.type === 'array') return (node.children ?? []).map((item) => valueOf(item, faults));
  if (node.type !== 'object') return node.value as unknown;
  const entries = new Map<string, unknown>();
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (!key || !value) continue;
    const name = String(key.value);
    if (entries.has(name)) {
      const { offset, length } = key;
      const message = `The key "${name}" is there twice.`;
      faults.push({ offset, length, message, isSyntax: false });
    }
    entries.set(name, valueOf(value, faults));
  }
  return Object.fromEntries(entries);
}

/** "CommaExpected" as words. */
const wordsOf = (code: string): string => {
  const words = code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
};
