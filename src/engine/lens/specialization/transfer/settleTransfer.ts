import { basename } from 'node:path';
import { mixed } from '../../../../numerics/permutation.ts';
import { SeededDraws } from '../../../../numerics/seededDraws.ts';
import { invalidInput } from '../../../../protocol/errors.ts';
import type { SpecializeParams } from '../../../../protocol/specialization.ts';
import type { PairKind } from '../../prompts/promptPairs.ts';
import type { PromptSource } from '../../prompts/promptSource.ts';
import type { SettledPair, SettledTransfer } from '../reportManifest.ts';
import { type FiledPair, readEdits } from './editsFile.ts';

/** Where the pairs of a grammar look, as RIEBench does in its categories, with the foreground for a named thing. */
const whereOfKind: Readonly<Record<PairKind, SettledPair['where']>> = {
  ...{ change: things(), count: things(), position: things(), size: things(), tint: things() },
  add: { ...things(), shared: 'edited' },
  delete: { ...things(), shared: 'original' },
  background: { original: 'background', edited: 'background' },
  style: { original: 'everything', edited: 'everything' },
};

function things(): SettledPair['where'] {
  return { original: 'foreground', edited: 'foreground' };
}

type Wish = Pick<
  SpecializeParams,
  'editsFile' | 'editCount' | 'frontCount' | 'transferCount' | 'strengths'
>;

/**
 * The pairs of charts 7 and 8, kinds in turn, each with a seed of its own and a partner for its control: of another kind
 * where there is one.
 *
 * @param size of the pictures
 * @returns why there are none, in words, where neither file nor grammar has any
 * @throws `invalidInput` naming value and range, or what is wrong with the file
 */
export async function settleTransfer(
  { editsFile, editCount = 30, frontCount = 100, transferCount = 20, strengths }: Wish,
  source: PromptSource,
  size: { readonly width: number; readonly height: number },
  seed: number,
): Promise<SettledTransfer | string> {
  const found = editsFile === undefined ? ofGrammar(source, editCount) : await readEdits(editsFile, size); // prettier-ignore
  if (typeof found === 'string') return found;
  const chosen = inTurns(found, editCount);
  if (chosen.length < 4) {
    throw invalidInput(`There are ${chosen.length} pairs of prompts; at least 4 are needed.`);
  }
  const pairs = chosen.map((pair, index): SettledPair => {
    const partner = partnerOf(index, chosen, seed);
    return { ...pair, seed: (seed + index) % 2 ** 32, partner };
  });
  const { title } = source;
  return {
    title: editsFile === undefined ? `${title}, pairs by kind` : basename(editsFile),
    featureCount: transferCount,
    strengths: [...new Set(strengths ?? [0.5, 1, 2, 4])].sort((a, b) => a - b),
    frontCount: Math.min(frontCount, pairs.length),
    pairs,
  };
}

function ofGrammar(
  { title, pairs }: PromptSource,
  countPerKind: number,
): readonly FiledPair[] | string {
  // prettier-ignore
  const made = pairs?.(countPerKind) ?? `${title} is a file of prompts: give a file of edits too`;
  if (typeof made === 'string') return `${made}.`;
  return made.map((pair) => ({ ...pair, where: whereOfKind[pair.kind as PairKind] }));
}

/** The first of each kind, then the second of each, and so on. */
function inTurns(pairs: readonly FiledPair[], countPerKind: number): readonly FiledPair[] {
  const seen = new Map<string, number>();
  const placed = pairs.map((pair) => {
    const place = seen.get(pair.kind) ?? 0;
    seen.set(pair.kind, place + 1);
    return { pair, place };
  });
  // Sorting is stable: within a turn the order of the file stays.
  return placed
    .filter(({ place }) => place < countPerKind)
    .sort((one, other) => one.place - other.place)
    .map(({ pair }) => pair);
}

/** @throws `invalidInput` where all pairs have the same prompts */
function partnerOf(index: number, pairs: readonly FiledPair[], seed: number): number {
  const own = pairs[index];
  const others = pairs.flatMap((pair, other) =>
    pair.edited !== own?.edited && pair.edited !== own?.original ? [{ pair, other }] : [],
  );
  const ofOtherKind = others.filter(({ pair }) => pair.kind !== own?.kind);
  const list = ofOtherKind.length > 0 ? ofOtherKind : others;
  if (list.length === 0) throw invalidInput('All pairs of prompts have the same edited prompt.');
  const chance = new SeededDraws(mixed(seed, index, 7));
  return list[chance.below(list.length)]?.other ?? 0;
}
