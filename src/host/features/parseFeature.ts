/** Reads "down.2.1/1674" or "1674"; undefined when it is neither. */
export function parseFeature(text: string): { block?: string; id: number } | undefined {
  const match = /^(?:([\w.]+)\s*[/ ]\s*)?#?(\d+)$/.exec(text.trim());
  if (!match) return undefined;
  const [, block, id] = match;
  return { ...(block === undefined ? {} : { block }), id: Number(id) };
}
