import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import { promptLengthMax } from '../../models/limits.ts';
import { fileError } from '../../store/fileError.ts';
import { csvRecords } from './csvRecords.ts';
import type { PromptSource } from './promptSource.ts';
import { textLines } from './textLines.ts';

export type PromptFileKind = 'text' | 'csv' | 'jsonl';

/** What a file of prompts offers. */
export interface PromptFileFacts {
  readonly kind: PromptFileKind;
  /** CSV: of the first line; JSONL: keys of the first object whose values are texts. Empty for plain text. */
  readonly columns: readonly string[];
}

const keySizeMax = 200;

/** By the file's name: `.csv`, `.tsv`, `.jsonl` and `.ndjson`; anything else is one prompt a line. */
function kindOf(path: string): PromptFileKind {
  if (/\.(csv|tsv)$/i.test(path)) return 'csv';
  return /\.(jsonl|ndjson)$/i.test(path) ? 'jsonl' : 'text';
}

/** @throws `invalidInput` for a file that cannot be read, or whose first line does not fit its name */
export async function describePromptFile(path: string): Promise<PromptFileFacts> {
  const kind = kindOf(path);
  if (kind === 'text') return { kind, columns: [] };
  try {
    for await (const { fields } of recordsOf(path, kind, chunksOf(path))) {
      return { kind, columns: [...fields.keys()].filter((key) => key.length <= keySizeMax) };
    }
  } catch (error) {
    throw asInputError(error, path);
  }
  throw invalidInput(`"${path}" has no prompts: it is empty.`);
}

/**
 * Prompts of a file: one a line, or one column of a table. Empty ones are skipped. The file is read through once, to
 * count and hash it.
 *
 * @param column needed for tables with several columns, unless one is named `prompt`, `caption` or `text`
 * @throws `invalidInput` naming file, line and what is wrong
 */
export async function openPromptFile(
  path: string,
  column?: string,
  signal?: AbortSignal,
): Promise<PromptSource> {
  const kind = kindOf(path);
  const chosen = kind === 'text' ? undefined : await chooseColumn(path, column);
  const facts = await stat(path).catch((error: unknown) => {
    throw asInputError(error, path);
  });
  const hash = createHash('sha256');
  let promptCount = 0;
  try {
    for await (const prompt of promptsOf(path, kind, chosen, chunksOf(path, hash))) {
      signal?.throwIfAborted();
      if (prompt !== '') promptCount++;
    }
  } catch (error) {
    throw asInputError(error, path);
  }
  if (promptCount === 0) throw invalidInput(`"${path}" has no prompts.`);
  return {
    kind,
    name: basename(path),
    title: basename(path),
    sha256: hash.digest('hex'),
    ...(chosen === undefined ? {} : { column: chosen }),
    promptCount,
    read: async function* (from) {
      const now = await stat(path).catch(() => undefined);
      if (now?.size !== facts.size || now.mtimeMs !== facts.mtimeMs) {
        throw invalidInput(`"${path}" has changed since it was counted.`);
      }
      let index = 0;
      try {
        for await (const prompt of promptsOf(path, kind, chosen, chunksOf(path))) {
          if (prompt !== '' && index++ >= from) yield prompt;
        }
      } catch (error) {
        throw asInputError(error, path);
      }
    },
  };
}

async function chooseColumn(path: string, wanted: string | undefined): Promise<string> {
  const { columns } = await describePromptFile(path);
  const found =
    wanted === undefined
      ? (['prompt', 'caption', 'text'].find((name) => columns.includes(name)) ??
        (columns.length === 1 ? columns[0] : undefined))
      : columns.find((name) => name === wanted);
  if (found !== undefined) return found;
  const has = `"${path}" has the columns ${columns.map((name) => `"${name}"`).join(', ')}`;
  throw invalidInput(
    wanted === undefined ? `${has}: say which holds the prompts.` : `${has}, but not "${wanted}".`,
  );
}

/** Each prompt, trimmed; empty ones too, so that nothing is counted twice. */
async function* promptsOf(
  path: string,
  kind: PromptFileKind,
  column: string | undefined,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  for await (const { lineNumber, fields } of recordsOf(path, kind, chunks)) {
    const value = fields.get(column ?? '');
    if (value === undefined) {
      throw invalidInput(
        `"${path}", line ${String(lineNumber)}: there is no text in "${column ?? ''}".`,
      );
    }
    const prompt = value.trim();
    if (prompt.length > promptLengthMax) {
      throw invalidInput(
        `"${path}", line ${String(lineNumber)}: the prompt has ${String(prompt.length)} characters; ` +
          `at most ${String(promptLengthMax)} are allowed.`,
      );
    }
    yield prompt;
  }
}

interface PromptRecord {
  readonly lineNumber: number;
  readonly fields: ReadonlyMap<string, string>;
}

async function* recordsOf(
  path: string,
  kind: PromptFileKind,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<PromptRecord> {
  if (kind === 'csv') {
    yield* csvRecords(path, /\.tsv$/i.test(path) ? '\t' : ',', chunks);
    return;
  }
  for await (const { lineNumber, text } of textLines(path, chunks)) {
    if (kind === 'text') yield { lineNumber, fields: new Map([['', text]]) };
    else if (text.trim() !== '') yield { lineNumber, fields: jsonFields(path, lineNumber, text) };
  }
}

function jsonFields(path: string, lineNumber: number, text: string): ReadonlyMap<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidInput(`"${path}", line ${String(lineNumber)}: not valid JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput(`"${path}", line ${String(lineNumber)}: not a JSON object.`);
  }
  return new Map(
    Object.entries(value as Record<string, unknown>).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

async function* chunksOf(
  path: string,
  hash?: { update(bytes: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 })) {
    hash?.update(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
}

function asInputError(error: unknown, path: string): FeaturescopeError {
  if (error instanceof FeaturescopeError) return error;
  if (error instanceof Error && error.name === 'AbortError') return FeaturescopeError.from(error);
  return fileError(error, 'Cannot read the prompts of', path);
}
