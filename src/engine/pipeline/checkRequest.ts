import type { GenerateLimits, GenerateParams } from '../../protocol/engine.ts';
import { invalidInput } from '../../protocol/errors.ts';
import { schedulerNames } from '../../protocol/manifest.ts';
import { seedMax } from '../models/limits.ts';

/** What decides a picture, given a model. */
export type PictureRequest = Omit<GenerateParams, 'modelDir' | 'provider' | 'keep'>;

/**
 * Checks a request against a model's limits before anything runs.
 *
 * @throws `invalidInput` naming the value and the allowed range
 */
export function checkRequest(request: PictureRequest, limits: GenerateLimits): void {
  checkText('The prompt', request.prompt, limits.promptLengthMax);
  checkText('The negative prompt', request.negativePrompt, limits.promptLengthMax);
  checkWhole('seed', request.seed, 0, seedMax);
  checkWhole('steps', request.steps, 1, limits.stepsMax);
  const { guidanceScale } = request;
  if (!(guidanceScale >= 0 && guidanceScale <= limits.guidanceScaleMax)) {
    throw invalidInput(
      `guidanceScale is ${String(guidanceScale)}; allowed are numbers from 0 to ${String(limits.guidanceScaleMax)}.`,
    );
  }
  checkSize('width', request.width, limits);
  checkSize('height', request.height, limits);
  if (!schedulerNames.includes(request.scheduler)) {
    throw invalidInput(
      `scheduler is "${request.scheduler}"; implemented are ${schedulerNames.join(', ')}.`,
    );
  }
}

function checkText(what: string, text: string, lengthMax: number): void {
  if (typeof text !== 'string') throw invalidInput(`${what} is not a text.`);
  if (text.length <= lengthMax) return;
  throw invalidInput(
    `${what} has ${String(text.length)} characters; at most ${String(lengthMax)} are allowed.`,
  );
}

function checkWhole(name: string, value: number, smallest: number, largest: number): void {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return;
  throw invalidInput(
    `${name} is ${String(value)}; allowed are whole numbers from ${String(smallest)} to ${String(largest)}.`,
  );
}

function checkSize(name: string, value: number, limits: GenerateLimits): void {
  const { sizeMin, sizeMax, sizeMultiple } = limits;
  if (value % sizeMultiple === 0 && value >= sizeMin && value <= sizeMax) return;
  throw invalidInput(
    `${name} is ${String(value)}; allowed are multiples of ${String(sizeMultiple)} ` +
      `from ${String(sizeMin)} to ${String(sizeMax)}.`,
  );
}
