import type { GenerateLimits } from '../../src/protocol/engine.ts';
import type { SchedulerName } from '../../src/protocol/manifest.ts';
import type { ResultForm } from '../../src/protocol/resultPanel.ts';

/** torch takes the low 32 bits. */
const seedMax = 2 ** 32 - 1;

export type NumberField = 'seed' | 'steps' | 'guidanceScale' | 'width' | 'height';

/** The form as typed: a number that cannot be read stays as it is, beside the reason. */
export type FormDraft = Readonly<Record<NumberField | 'prompt' | 'negativePrompt', string>> & {
  readonly scheduler: SchedulerName;
};

export type FormProblems = Partial<Record<keyof FormDraft, string>>;

export const draftOf = (form: ResultForm): FormDraft => ({
  ...form,
  seed: String(form.seed),
  steps: String(form.steps),
  guidanceScale: String(form.guidanceScale),
  width: String(form.width),
  height: String(form.height),
});

/**
 * Takes over what the host changed in its form since this panel last saw it, and leaves the rest as typed: what is
 * being written is not lost when a command elsewhere sets another seed.
 */
export function mergeNews(draft: FormDraft, seen: ResultForm, form: ResultForm): FormDraft {
  const news = draftOf(form);
  const before = draftOf(seen);
  const keys = Object.keys(news) as (keyof FormDraft)[];
  const changed = keys.filter((key) => news[key] !== before[key]);
  return { ...draft, ...Object.fromEntries(changed.map((key) => [key, news[key]])) };
}

interface Rule {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** What an arrow key adds; values must be multiples of it unless `isFine`. */
  readonly step: number;
  readonly isFine?: boolean;
}

/** What a model allows for each number. */
export function rulesOf(limits: GenerateLimits): Readonly<Record<NumberField, Rule>> {
  const size = { min: limits.sizeMin, max: limits.sizeMax, step: limits.sizeMultiple };
  return {
    seed: { label: 'Seed', min: 0, max: seedMax, step: 1 },
    steps: { label: 'Steps', min: 1, max: limits.stepsMax, step: 1 },
    guidanceScale: {
      label: 'Guidance',
      min: 0,
      max: limits.guidanceScaleMax,
      step: 0.5,
      isFine: true,
    },
    width: { label: 'Width', ...size },
    height: { label: 'Height', ...size },
  };
}

/** @returns the form when every value may be used, else undefined and the reasons by field */
export function checkDraft(
  draft: FormDraft,
  limits: GenerateLimits,
): { form: ResultForm | undefined; problems: FormProblems } {
  const rules = rulesOf(limits);
  const problems: FormProblems = {};
  const read = (field: NumberField): number => {
    const value = parse(draft[field]);
    const problem = problemOf(rules[field], draft[field], value);
    if (problem !== undefined) problems[field] = problem;
    return value;
  };
  for (const field of ['prompt', 'negativePrompt'] as const) {
    const problem = promptProblem(field, draft[field], limits.promptLengthMax);
    if (problem !== undefined) problems[field] = problem;
  }
  const form: ResultForm = {
    prompt: draft.prompt,
    negativePrompt: draft.negativePrompt,
    scheduler: draft.scheduler,
    seed: read('seed'),
    steps: read('steps'),
    guidanceScale: read('guidanceScale'),
    width: read('width'),
    height: read('height'),
  };
  return { form: Object.keys(problems).length === 0 ? form : undefined, problems };
}

/** The value one arrow key further, on the field's own raster; what cannot be read becomes the smallest. */
export function stepValue(rule: Rule, text: string, direction: 1 | -1): string {
  const value = parse(text);
  if (Number.isNaN(value)) return String(rule.min);
  const raster = value / rule.step;
  const next = (direction > 0 ? Math.floor(raster + 1) : Math.ceil(raster - 1)) * rule.step;
  return String(Math.min(rule.max, Math.max(rule.min, next)));
}

/** @returns the seed after this one; the last is followed by 0 */
export const nextSeed = (seed: number): number => (seed + 1) % (seedMax + 1);

/** The draft as a form, with the value of `fallback` where one cannot be read. */
export function readableForm(draft: FormDraft, fallback: ResultForm): ResultForm {
  const read = (field: NumberField): number => {
    const value = parse(draft[field]);
    return Number.isNaN(value) ? fallback[field] : value;
  };
  return {
    ...draft,
    seed: read('seed'),
    steps: read('steps'),
    guidanceScale: read('guidanceScale'),
    width: read('width'),
    height: read('height'),
  };
}

const parse = (text: string): number =>
  /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(text) ? Number(text) : NaN;

function problemOf(rule: Rule, text: string, value: number): string | undefined {
  const { label, min, max, step, isFine = false } = rule;
  const isRight = value >= min && value <= max && (isFine || value % step === 0);
  if (isRight) return undefined;
  const kind = isFine ? 'numbers' : step === 1 ? 'whole numbers' : `multiples of ${step}`;
  const given = text.trim() === '' ? 'is empty' : `is ${text.trim().slice(0, 20)}`;
  return `${label} ${given}; allowed are ${kind} from ${min} to ${max}.`;
}

function promptProblem(
  field: 'prompt' | 'negativePrompt',
  text: string,
  lengthMax: number,
): string | undefined {
  if (text.length <= lengthMax) return undefined;
  const name = field === 'prompt' ? 'The prompt' : 'The negative prompt';
  return `${name} has ${text.length.toLocaleString('en')} characters; allowed are up to ${lengthMax.toLocaleString('en')}.`;
}
