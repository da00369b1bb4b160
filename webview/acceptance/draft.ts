import type { GenerateLimits } from '../../src/protocol/engine.ts';
import { acceptancePromptsMax, type AcceptanceSettings } from '../../src/protocol/saes.ts';

/** The form as it is written: numbers may be half written. */
export interface Draft {
  /** One prompt a line. */
  readonly prompts: string;
  readonly seed: string;
  readonly steps: string;
  readonly guidanceScale: string;
}

/** Fewer pictures give no verdict. */
export const promptsForVerdict = 4;
const seedMax = 2 ** 32 - 1;

export const draftOf = (settings: AcceptanceSettings): Draft => ({
  prompts: settings.prompts.join('\n'),
  seed: String(settings.seed),
  steps: String(settings.steps),
  guidanceScale: String(settings.guidanceScale),
});

export interface CheckedDraft {
  /** Undefined while something is wrong. */
  readonly settings: AcceptanceSettings | undefined;
  readonly problems: Partial<Record<keyof Draft, string>>;
  readonly promptCount: number;
}

/** What a draft says, or what is wrong with it by field, with the allowed range. */
export function checkDraft(draft: Draft, limits: GenerateLimits): CheckedDraft {
  const prompts = draft.prompts
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [seed, steps, guidanceScale] = [draft.seed, draft.steps, draft.guidanceScale].map((text) =>
    text.trim() === '' ? NaN : Number(text),
  ) as [number, number, number];
  const isWhole = (value: number, min: number, max: number): boolean =>
    Number.isInteger(value) && value >= min && value <= max;
  const problems: Partial<Record<keyof Draft, string>> = {};
  const tooLong = prompts.find(({ length }) => length > limits.promptLengthMax);
  if (prompts.length === 0 || prompts.length > acceptancePromptsMax) {
    problems.prompts = `${prompts.length} prompts; 1 to ${acceptancePromptsMax} are possible, one a line.`;
  } else if (tooLong !== undefined) {
    problems.prompts = `A prompt has ${tooLong.length} characters; at most ${limits.promptLengthMax} are possible.`;
  }
  if (!isWhole(seed, 0, seedMax)) problems.seed = `A whole number from 0 to ${seedMax}.`;
  if (!isWhole(steps, 1, limits.stepsMax)) {
    problems.steps = `A whole number from 1 to ${limits.stepsMax}.`;
  }
  if (!(guidanceScale >= 0 && guidanceScale <= limits.guidanceScaleMax)) {
    problems.guidanceScale = `A number from 0 to ${limits.guidanceScaleMax}.`;
  }
  const isRight = Object.keys(problems).length === 0;
  return {
    settings: isRight ? { prompts, seed, steps, guidanceScale } : undefined,
    problems,
    promptCount: prompts.length,
  };
}
