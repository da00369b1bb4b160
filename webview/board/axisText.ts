import { type BoardAxis, boardLimits } from '../../src/protocol/boardPanel.ts';

const seedMax = 0xffffffff;

/** Seeds with commas and ranges: "7, 9, 20-23". @returns what is wrong, as a text, or the axis */
export function parseSeeds(text: string): BoardAxis | string {
  const seeds: number[] = [];
  for (const part of text.split(/[,\s]+/).filter(Boolean)) {
    const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!match || from > seedMax || to > seedMax || to < from) {
      return `"${part}" is no seed: whole numbers from 0 to ${seedMax}, or ranges such as 7-10.`;
    }
    if (to - from >= boardLimits.columns) return tooMany(to - from + 1);
    for (let seed = from; seed <= to; seed++) if (!seeds.includes(seed)) seeds.push(seed);
  }
  if (seeds.length > boardLimits.columns) return tooMany(seeds.length);
  return seeds.length === 0 ? 'Name at least one seed.' : { kind: 'seeds', seeds };
}

/** Prompts, one a line. */
export function parsePrompts(text: string): BoardAxis | string {
  const prompts = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  if (prompts.length > boardLimits.columns) return tooMany(prompts.length);
  return prompts.length === 0 ? 'Write at least one prompt.' : { kind: 'prompts', prompts };
}

const tooMany = (count: number): string =>
  `${count} columns are too many; a board has up to ${boardLimits.columns}.`;

export const axisText = (axis: BoardAxis): string =>
  axis.kind === 'seeds'
    ? axis.seeds.join(', ')
    : axis.kind === 'prompts'
      ? axis.prompts.join('\n')
      : '';
