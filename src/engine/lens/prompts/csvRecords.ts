import { invalidInput } from '../../../protocol/errors.ts';
import { textPieces } from './textLines.ts';

const fieldLengthMax = 2 ** 20;
const fieldCountMax = 4096;

export interface CsvRecord {
  /** Where the record begins, from 1. */
  readonly lineNumber: number;
  /** By the names of the first record. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Records of a table with a line of names, read as they come.
 *
 * @source RFC 4180: fields in double quotes may hold separators, line breaks and doubled quotes
 * @throws `invalidInput` naming the line: a record with more or fewer fields than names, a quote that does not end
 */
export async function* csvRecords(
  path: string,
  separator: ',' | '\t',
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<CsvRecord> {
  let names: readonly string[] | undefined;
  for await (const { lineNumber, values } of rows(path, separator, chunks)) {
    // A blank line is no record.
    if (values.length === 1 && values[0] === '') continue;
    if (!names) {
      names = values.map((name) => name.trim());
      continue;
    }
    if (values.length !== names.length) {
      throw invalidInput(
        `"${path}", line ${String(lineNumber)}: ${String(values.length)} fields, but the first line names ${String(names.length)}.`,
      );
    }
    yield { lineNumber, fields: new Map(names.map((name, i) => [name, values[i]!])) };
  }
}

async function* rows(
  path: string,
  separator: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ lineNumber: number; values: readonly string[] }> {
  let lineNumber = 1;
  let startLine = 1;
  let values: string[] = [];
  let field = '';
  let state: 'start' | 'plain' | 'quoted' | 'afterQuote' = 'start';
  const refuse = (why: string) => invalidInput(`"${path}", line ${String(startLine)}: ${why}.`);
  const endField = (): void => {
    if (values.length >= fieldCountMax) throw refuse(`more than ${String(fieldCountMax)} fields`);
    values.push(field);
    field = '';
    state = 'start';
  };
  for await (const piece of textPieces(path, chunks)) {
    for (const char of piece) {
      if (char === '\n') lineNumber++;
      if (state === 'quoted') {
        if (char === '"') state = 'afterQuote';
        else field += char;
      } else if (char === '"' && state === 'start') {
        state = 'quoted';
      } else if (char === '"' && state === 'afterQuote') {
        field += char;
        state = 'quoted';
      } else if (char === separator) {
        endField();
      } else if (char === '\n') {
        endField();
        yield { lineNumber: startLine, values };
        values = [];
        startLine = lineNumber;
      } else if (char !== '\r') {
        if (state === 'afterQuote') throw refuse('text after a closing quote');
        field += char;
        state = 'plain';
      }
      if (field.length > fieldLengthMax) {
        throw refuse(`a field is longer than ${String(fieldLengthMax)} characters`);
      }
    }
  }
  if (state === 'quoted') throw refuse('a quote is not closed');
  if (values.length > 0 || field !== '' || state === 'afterQuote') {
    endField();
    yield { lineNumber: startLine, values };
  }
}
