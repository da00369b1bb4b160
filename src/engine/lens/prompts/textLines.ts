import { invalidInput } from '../../../protocol/errors.ts';

/** Longer lines are not prompts; a table's cell may hold some other long text. */
const lineLengthMax = 2 ** 20;

/**
 * Decoded characters of a file in pieces of any length, without a byte order mark.
 *
 * @throws `invalidInput` for bytes that are not UTF-8
 */
export async function* textPieces(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (error) {
      throw invalidInput(`"${path}" is not UTF-8 text: ${String(error)}`);
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}

/** Lines of a text, ended by LF or CRLF; numbers begin at 1. @throws `invalidInput` for one that is too long */
export async function* textLines(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly lineNumber: number; readonly text: string }> {
  let rest = '';
  let lineNumber = 1;
  for await (const piece of textPieces(path, chunks)) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield { lineNumber: lineNumber++, text: line.replace(/\r$/, '') };
    if (rest.length > lineLengthMax) {
      throw invalidInput(
        `"${path}", line ${String(lineNumber)}: longer than ${String(lineLengthMax)} characters.`,
      );
    }
  }
  if (rest !== '') yield { lineNumber, text: rest };
}
