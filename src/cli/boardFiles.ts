import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FeaturescopeError } from '../protocol/errors.ts';
import { savePicture } from '../protocol/engine.ts';
import type { BoardPicture, BoardProgress } from '../protocol/interventions.ts';
import type { RequestDefinition } from '../protocol/request.ts';
import type { BoardResult } from '../protocol/interventions.ts';
import type { ModelRun } from './pictureRun.ts';

/** One line of the figures that a command writes: a picture's file, and how far it is from the unedited one. */
export type BoardLine = Pick<
  BoardPicture,
  'baseIndex' | 'variantIndex' | 'figures' | 'amounts' | 'reuse'
> & {
  readonly name: string;
  readonly image: string;
};

/**
 * Runs a board and writes its pictures as they come, then all figures as `figures.json`.
 *
 * @param nameOf file name without its ending, by variant; null for the unedited picture
 */
export async function writeBoard<Params>(
  { engine, progress, signal }: ModelRun,
  definition: RequestDefinition<Params, BoardResult, BoardProgress>,
  params: Params,
  outDir: string,
  nameOf: (variantIndex: number | null) => string,
): Promise<readonly BoardLine[]> {
  const dir = resolve(outDir);
  makeFolder(dir);
  const lines: BoardLine[] = [];
  const saving: Promise<unknown>[] = [];
  await engine.request(definition, params, {
    signal,
    onProgress: (value) => {
      if (value.phase === 'making') {
        progress.say(`Picture ${String(value.pictureIndex + 1)} of ${String(value.pictureCount)}`);
      } else if (value.phase === 'made') {
        const { picture, manifest } = value.made;
        const name = nameOf(value.made.variantIndex);
        const image = join(dir, `${name}.png`);
        const file = { picture, manifest, path: image, writeJsonBeside: false };
        const saved = engine.request(savePicture, file);
        // Awaited below; a failure before that must not end the program.
        saved.catch(() => undefined);
        saving.push(saved);
        const { baseIndex, variantIndex, figures, amounts, reuse } = value.made;
        lines.push({ name, image, baseIndex, variantIndex, figures, amounts, reuse });
      } else if (value.phase === 'loading') progress.show(value);
    },
  });
  progress.clear();
  try {
    await Promise.all(saving);
    writeFileSync(join(dir, 'figures.json'), `${JSON.stringify(lines, null, 2)}\n`);
  } catch (error) {
    throw new FeaturescopeError('closed', `Cannot write to "${dir}": ${messageOf(error)}`);
  }
  return lines;
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new FeaturescopeError('closed', `Cannot make the folder "${dir}": ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => FeaturescopeError.from(error).message;

/** Pictures and their figures as a table. */
export function boardTable(lines: readonly BoardLine[]): string {
  const hasLpips = lines.some(({ figures }) => figures?.lpips);
  const rows = lines.map(({ name, figures, image }) => {
    const { pixelDistance, ssim, lpips, area } = figures ?? {};
    const cell = (value: number | null | undefined, digits: number): string =>
      (value === undefined || value === null ? '-' : value.toFixed(digits)).padStart(9);
    return [
      name.padEnd(24),
      cell(pixelDistance, 3),
      cell(ssim, 4),
      ...(hasLpips ? [cell(lpips?.distance, 4)] : []),
      cell(area?.inside, 3),
      cell(area?.outside, 3),
      cell(area?.locality, 2),
      `  ${image}`,
    ].join('');
  });
  const head = `${'variant'.padEnd(24)} distance     ssim${hasLpips ? '    lpips' : ''}   inside  outside locality`;
  return `${[head, ...rows].join('\n')}\n`;
}

/** What lies outside of what was observed, one sentence each. */
export const guardWords = (lines: readonly BoardLine[]): readonly string[] =>
  lines.flatMap(({ name, amounts }) =>
    amounts
      .filter(({ isOutside }) => isOutside)
      .map(
        ({ label, amount, reason }) => `${name}: ${label} at ${amount.toPrecision(3)}: ${reason}`,
      ),
  );
