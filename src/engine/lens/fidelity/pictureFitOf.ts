import type { PictureDistances, PictureFit, PictureFitPair } from '../../../protocol/pictureFit.ts';
import { meanInterval } from '../specialization/meanInterval.ts';
import { type FitRow, rowKey, type StoredFit } from './pictureFitFiles.ts';

interface Measured {
  readonly rebuilt: FitRow;
  readonly ablated: FitRow;
}

/** Prompts whose two pictures were measured, in order. */
function measuredOf(rows: readonly FitRow[]): ReadonlyMap<number, Measured> {
  const byKey = new Map(rows.map((row) => [rowKey(row), row]));
  const prompts = [...new Set(rows.map(({ prompt }) => prompt))].sort((a, b) => a - b);
  return new Map(
    prompts.flatMap((prompt) => {
      const [rebuilt, ablated] = (['sae', 'none'] as const).map((arm) =>
        byKey.get(rowKey({ prompt, arm })),
      );
      return rebuilt && ablated ? [[prompt, { rebuilt, ablated }] as const] : [];
    }),
  );
}

const distances = (rows: readonly Pick<FitRow, 'ssim' | 'pixel'>[]): PictureDistances => ({
  ssim: meanInterval(rows.map(({ ssim }) => ssim)),
  pixel: meanInterval(rows.map(({ pixel }) => pixel)),
});

/** Figures over the prompts that were measured; undefined below two, where there is no interval. */
export function pictureFitOf(
  saeSha256: string,
  { choice, rows }: Pick<StoredFit, 'choice' | 'rows'>,
): PictureFit | undefined {
  const measured = [...measuredOf(rows).values()];
  if (measured.length < 2) return undefined;
  const { block, promptsName, prompts, picture } = choice;
  const { steps, guidanceScale, width, height } = picture;
  return {
    ...{ block, saeSha256, promptsName },
    promptCount: measured.length,
    totalCount: prompts.length,
    firstSeed: prompts[0]?.seed ?? 0,
    ...{ steps, guidanceScale, width, height },
    rebuilt: distances(measured.map(({ rebuilt }) => rebuilt)),
    ablated: distances(measured.map(({ ablated }) => ablated)),
  };
}

/** Two SAEs on the prompts that both were measured on; undefined below two. @param left, right of one key */
export function pairOf(
  left: StoredFit & { readonly saeSha256: string },
  right: StoredFit & { readonly saeSha256: string },
): PictureFitPair | undefined {
  const [ours, theirs] = [measuredOf(left.rows), measuredOf(right.rows)];
  const shared = new Set([...ours.keys()].filter((prompt) => theirs.has(prompt)));
  const only = ({ choice, rows }: StoredFit) => ({
    choice,
    rows: rows.filter(({ prompt }) => shared.has(prompt)),
  });
  const one = pictureFitOf(left.saeSha256, only(left));
  const other = pictureFitOf(right.saeSha256, only(right));
  if (!one || !other) return undefined;
  const pairs = [...shared].map((prompt) => {
    const [a, b] = [ours.get(prompt)!.rebuilt, theirs.get(prompt)!.rebuilt];
    return { ssim: a.ssim - b.ssim, pixel: a.pixel - b.pixel };
  });
  return { left: one, right: other, difference: distances(pairs) };
}
