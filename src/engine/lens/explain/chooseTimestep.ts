import { invalidInput } from '../../../protocol/errors.ts';
import { type ReadingTimesteps, readingTimesteps } from '../../pipeline/schedulers/addNoise.ts';
import type { ModelFolder } from '../../models/modelFolder.ts';

/** SDXL Turbo was made for one to four steps, so a four-step schedule visits what its U-net knows. */
const stepCount = 4;

/**
 * Which of the later steps is read when nobody says: the last one, where the picture is clearest. The embedded model does
 * not decide it: none of the three reads its drawn scenes better than by chance (`npm run eval:explain`, 120 scenes, 4
 * noises, empty prompt: hit@10 13.5 % at t = 249, 11.1 % at 499, 14.2 % at 749; of an earlier training 249 was best by as
 * little). On 120 others it was 10.7 % at 249 beside 12.4 % by chance, where the model's own pictures have 58.3 % beside
 * 12.2 %: that model names objects by what it was told, not by what it sees.
 */
const defaultLaterStep = -1;

export interface TimestepChoice extends ReadingTimesteps {
  readonly timestep: number;
  readonly defaultTimestep: number;
}

/**
 * The timestep to read a picture at.
 *
 * @throws `invalidInput` for one that is not whole, below 0, or not below the schedule's first step
 */
export function chooseTimestep(
  { description, schedulerConfig }: Pick<ModelFolder, 'description' | 'schedulerConfig'>,
  wanted: number | undefined,
): TimestepChoice {
  const steps = readingTimesteps(description.defaults.scheduler, schedulerConfig, stepCount);
  const defaultTimestep = steps.later.at(defaultLaterStep) ?? 0;
  const timestep = wanted ?? defaultTimestep;
  if (!Number.isInteger(timestep) || timestep < 0) {
    throw invalidInput(
      `timestep is ${String(timestep)}; allowed are whole numbers from 0 to ${String(steps.first - 1)}.`,
    );
  }
  if (timestep >= steps.first) {
    throw invalidInput(
      `timestep is ${String(timestep)}, but from ${String(steps.first)}, the schedule's first step, on almost nothing is ` +
        `left of the picture: the noise and the prompt would be explained. Take ${steps.later.join(', ')}.`,
    );
  }
  return { ...steps, timestep, defaultTimestep };
}
