/** Any text as one word of a POSIX shell: within single quotes nothing but a single quote means anything. */
export function shellText(text: string): string {
  if (text.includes('\0')) return shellText(text.replaceAll('\0', ''));
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
