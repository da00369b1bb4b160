/** Steps as people count them, "1, 3-4" of four, to indices from 0. @returns what is wrong, as a text, or the steps */
export function parseSteps(text: string, stepCount: number): readonly number[] | string {
  const steps = new Set<number>();
  for (const part of text.split(/[,\s]+/).filter(Boolean)) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!match || from < 1 || to > stepCount || to < from) {
      return `"${part}" is no step: 1 to ${stepCount}, with commas and ranges such as 1-2.`;
    }
    for (let step = from; step <= to; step++) steps.add(step - 1);
  }
  return [...steps].sort((a, b) => a - b);
}

/** [0, 1, 3] becomes "1-2, 4". */
export function stepText(steps: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const step of steps) {
    const last = ranges.at(-1);
    if (last?.[1] === step - 1) last[1] = step;
    else ranges.push([step, step]);
  }
  return ranges
    .map(([from, to]) => (from === to ? `${from + 1}` : `${from + 1}-${to + 1}`))
    .join(', ');
}
