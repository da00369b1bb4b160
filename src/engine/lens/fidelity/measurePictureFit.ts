import type { EditRecipe, PictureBase } from '../../../protocol/recipe.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { figuresOf, wholePicture } from '../intervene/editFigures.ts';
import { makeEdited } from '../intervene/makeEdited.ts';
import { addFitRow, beginFit, fitArms, type FitChoice, type FitRow, rowKey, touchFit } from './pictureFitFiles.ts'; // prettier-ignore

/** One SAE to measure, and where. */
export interface FitTask {
  readonly dir: string;
  readonly saeSha256: string;
  /** Equal for all tasks but for the block. */
  readonly choice: FitChoice;
}

export interface FitPorts {
  /** One picture's worth of work with the model. */
  readonly turn: <T>(work: (pipeline: Pipeline) => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
}

export interface FitProgress {
  readonly phase: 'measuring';
  readonly doneCount: number;
  readonly totalCount: number;
}

/**
 * Makes each prompt's picture, then for each block one with what its SAE rebuilds and one without the block's update,
 * and writes a row each. Goes on with the rows that are there; the same choice gives the same rows.
 *
 * @throws `invalidInput` when the block's SAE is another one by now; as `Pipeline.generate`
 */
export async function* measurePictureFit(
  tasks: readonly FitTask[],
  { turn, signal }: FitPorts,
): AsyncGenerator<FitProgress, void> {
  const left = new Map<FitTask, Set<string>>();
  for (const task of tasks) {
    const rows = await beginFit(task.dir, task.choice);
    const done = new Set(rows.map(rowKey));
    const wanted = task.choice.prompts.flatMap((_, prompt) =>
      fitArms.map((arm) => rowKey({ prompt, arm })),
    );
    left.set(task, new Set(wanted.filter((key) => !done.has(key))));
  }
  const prompts = tasks[0]?.choice.prompts ?? [];
  const totalCount = tasks.length * prompts.length * fitArms.length;
  const leftCount = (): number => [...left.values()].reduce((sum, { size }) => sum + size, 0);
  const departures = [{ stepIndex: 0, blocks: tasks.map(({ choice }) => choice.block) }];
  for (const prompt of prompts.keys()) {
    let isBaseMade = false;
    for (const task of tasks) {
      for (const arm of fitArms) {
        if (!left.get(task)?.has(rowKey({ prompt, arm }))) continue;
        yield { phase: 'measuring', doneCount: totalCount - leftCount(), totalCount };
        const request = requestOf(task.choice, prompt);
        // In a turn of its own: no preview waits for two pictures.
        if (!isBaseMade) {
          await turn(({ editing }) => editing.base(request, { departures }, { signal }));
        }
        isBaseMade = true;
        const figures = await turn(async (pipeline) => {
          const recipe = recipeOf(task, arm);
          const made = await makeEdited(pipeline, request, recipe, { signal, departures });
          return figuresOf(made.base, made.edited, wholePicture);
        });
        const { ssim, pixelDistance: pixel } = figures;
        await addFitRow(task.dir, { prompt, arm, ssim, pixel });
        left.get(task)?.delete(rowKey({ prompt, arm }));
      }
    }
  }
  for (const { dir } of tasks) await touchFit(dir);
  yield { phase: 'measuring', doneCount: totalCount, totalCount };
}

const requestOf = ({ prompts, picture }: FitChoice, prompt: number): PictureBase => ({
  ...{ prompt: '', seed: 0, ...prompts[prompt], ...picture },
});

/** Codes of the edited run as it goes: what the next steps read has been rebuilt, too. */
function recipeOf({ choice, saeSha256 }: FitTask, arm: FitRow['arm']): EditRecipe {
  const { block } = choice;
  return {
    version: 1,
    saes: { [block]: saeSha256 },
    edits: [
      arm === 'none'
        ? { kind: 'ablate', block }
        : { kind: 'reconstruct', block, withError: false, maps: 'adaptive' },
    ],
  };
}
