import { invalidInput } from '../../protocol/errors.ts';
import type { ModelDescription } from '../../protocol/engine.ts';
import { type RunManifest, schedulerNames } from '../../protocol/manifest.ts';
import type { ResultForm } from '../../protocol/resultPanel.ts';
import type { Settings } from '../settings.ts';

const seedCountOfTorch = 2 ** 32;

/** What stands in the form until a model has said what it wants; the panel does not offer it before. */
export const emptyForm: ResultForm = {
  prompt: '',
  negativePrompt: '',
  seed: 0,
  steps: 1,
  guidanceScale: 0,
  scheduler: schedulerNames[0],
  width: 0,
  height: 0,
};

/** The words and the seed of `form` with the numbers that the model, or the person's settings, want. */
export function withDefaults(
  { prompt, negativePrompt, seed }: ResultForm,
  { defaults }: ModelDescription,
  settings: Settings,
): ResultForm {
  return {
    prompt,
    negativePrompt,
    seed,
    steps: settings.get('generate.steps') ?? defaults.steps,
    guidanceScale: settings.get('generate.guidanceScale') ?? defaults.guidanceScale,
    scheduler: defaults.scheduler,
    width: defaults.width,
    height: defaults.height,
  };
}

/** The form that makes a kept picture again. @throws `invalidInput` for one that was read, not made */
export function formOf(manifest: RunManifest): ResultForm {
  if (manifest.explained) {
    throw invalidInput(
      `This run was read from ${manifest.explained.name}, not made from a prompt: it cannot be made again.`,
    );
  }
  const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } = manifest;
  return { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height };
}

/** Seeds are 32 bits wide and go round. */
export const seedAfter = (seed: number, step: number): number => (seed + step) % seedCountOfTorch;
