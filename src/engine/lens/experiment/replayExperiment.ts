import { isDeepStrictEqual } from 'node:util';
import type { Picture } from '../../../protocol/engine.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { ReplayedPicture, ReplayReport } from '../../../protocol/experiment.ts';
import type { BoardPicture } from '../../../protocol/interventions.ts';
import { makeBoard } from '../intervene/board.ts';
import { encodeReadings } from '../readingsFile.ts';
import { type KeptRow, readCell, readManifest, readRows, rowsOf, sha256Of } from './resultFiles.ts';
import { changesBetween, type ExperimentPorts } from './runExperiment.ts';
import type { SettledExperiment } from './settleExperiment.ts';

/**
 * With another provider, version or platform: sums in another order (f32) moved pixels by at most 2 of 255 against torch
 * (test/engine/pipelineParity.test.ts); a code that falls out of a TopK moves its cell by more, but few of them.
 */
const replayTolerance = { largest: 8, mean: 0.5 } as const;

/**
 * Makes an experiment anew, all in memory, and compares it with its results.
 *
 * @throws `invalidInput` when there are no complete results, or their files were changed; as `makeBoard`
 */
export async function replayExperiment(
  settled: SettledExperiment,
  ports: Omit<ExperimentPorts, 'storageDir'>,
): Promise<ReplayReport> {
  const { dir, manifest, cells, bases, recipes } = settled;
  const kept = await readManifest(dir);
  const rows = rowsOf(settled, await readRows(dir));
  if (kept?.hash !== manifest.hash || rows.includes(undefined)) {
    throw invalidInput(
      `There are no complete results of this experiment and model to replay (${manifest.hash.slice(0, 12)}…). Run it first.`,
    );
  }
  const changes = changesBetween(kept, manifest);
  const isBitsAsked = changes.length === 0;
  const pictures: ReplayedPicture[] = [];
  await makeBoard(
    { bases, variants: recipes, withReadings: true, keep: true },
    {
      turn: (work) => ports.turn(work),
      signal: ports.signal,
      observed: ports.observed,
      progress: (value) => {
        if (value.phase !== 'made') ports.progress(value);
      },
      keep: async (made) => {
        const index = cells.findIndex(
          ({ column, variantIndex }) =>
            column === made.baseIndex && variantIndex === made.variantIndex,
        );
        const row = rows[index];
        if (row) pictures.push(await compare(dir, row, made, isBitsAsked));
        return {};
      },
    },
  );
  return {
    ...{ hash: manifest.hash, isBitsAsked, tolerance: replayTolerance, changes, pictures },
    verdict: worst(pictures.map(({ verdict }) => verdict)),
  };
}

function worst(verdicts: readonly ReplayedPicture['verdict'][]): ReplayedPicture['verdict'] {
  if (verdicts.includes('differs')) return 'differs';
  return verdicts.includes('within') ? 'within' : 'equal';
}

async function compare(
  dir: string,
  row: KeptRow,
  { picture, figures, amounts, readings = [] }: BoardPicture,
  isBitsAsked: boolean,
): Promise<ReplayedPicture> {
  const { column, variant, mapsSha256 } = row;
  const { picture: before } = await readCell(dir, row);
  const distance = distanceOf(before, picture);
  const codes = encodeReadings(readings);
  const isCodesEqual = (codes.length > 0 ? sha256Of(codes) : null) === mapsSha256;
  // Through JSON, as they were kept: -0 is 0 there.
  const isFiguresEqual = isDeepStrictEqual(JSON.parse(JSON.stringify([figures, amounts])), [
    row.figures,
    row.amounts,
  ]);
  const words = [
    ...(distance === undefined
      ? [
          `the size is ${String(picture.width)} x ${String(picture.height)}, not ${String(before.width)} x ${String(before.height)}`,
        ]
      : []),
    ...(distance && distance.pixelCount > 0
      ? [
          `${String(distance.pixelCount)} pixels differ, by ${String(distance.largest)} of 255 at most and ${distance.mean.toPrecision(3)} on average`,
        ]
      : []),
    ...(isCodesEqual ? [] : ['codes or norms differ']),
    ...(isFiguresEqual ? [] : ['figures differ']),
  ];
  const isClose =
    distance !== undefined &&
    distance.largest <= replayTolerance.largest &&
    distance.mean <= replayTolerance.mean;
  const verdict = words.length === 0 ? 'equal' : !isBitsAsked && isClose ? 'within' : 'differs';
  const { pixelCount = 0, largest = 255, mean = 255 } = distance ?? {};
  return { column, variant, verdict, pixelCount, largest, mean, words: words.join('; ') };
}

function distanceOf(
  { width, height, rgb }: Picture,
  other: Picture,
): Pick<ReplayedPicture, 'pixelCount' | 'largest' | 'mean'> | undefined {
  if (other.width !== width || other.height !== height) return undefined;
  let [pixelCount, largest, sum] = [0, 0, 0];
  for (let pixel = 0; pixel < rgb.length; pixel += 3) {
    let isSame = true;
    for (let i = pixel; i < pixel + 3; i++) {
      const difference = Math.abs((rgb[i] ?? 0) - (other.rgb[i] ?? 0));
      if (difference > 0) isSame = false;
      largest = Math.max(largest, difference);
      sum += difference;
    }
    if (!isSame) pixelCount++;
  }
  return { pixelCount, largest, mean: sum / Math.max(1, rgb.length) };
}
