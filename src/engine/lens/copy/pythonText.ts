/**
 * Any text as a Python string literal in plain ASCII: what a person typed can end neither the literal nor the line.
 *
 * @source Python language reference, string and bytes literals
 */
export function pythonText(text: string): string {
  const body = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\\' || character === '"') return `\\${character}`;
    if (code >= 0x20 && code < 0x7f) return character;
    if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `"${body.join('')}"`;
}

/** JSON of plain data as a Python expression: strings in ASCII, `null`, `true` and `false` in Python's words. */
export function pythonValue(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`;
  const entries = Object.entries(value as Record<string, unknown>);
  return `{${entries.map(([key, each]) => `${pythonText(key)}: ${pythonValue(each)}`).join(', ')}}`;
}
