import type { FitFigures } from './acceptanceFigures.ts';
import type { HypothesisName } from './acceptanceHypotheses.ts';

export interface ReadingFigures {
  readonly name: HypothesisName;
  readonly description: string;
  readonly figures: FitFigures;
}

export interface AcceptanceVerdict {
  readonly status: 'accepted' | 'rejected' | 'doubtful';
  /** The defect; `as-declared` when none was found. */
  readonly name: HypothesisName;
  /** One sentence for the person. */
  readonly text: string;
}

/** Other samples are another task, which may happen to be easier: they must beat the declared ones by this much R². */
const samplesMargin = 0.2;
/** On the same samples: the unexplained share must shrink to this part, and R² grow by at least half a percent. */
const sameSamplesShare = 0.85;
const sameSamplesMargin = 0.005;
/**
 * One picture of one thing on a plain ground has hardly any variance to explain: good SAEs then came out at R² -5 and an
 * estimated b_pre at 0.9. From two pictures on all were right; four leave room.
 */
const minPictures = 4;
/** Below this nothing is explained that is worth a name. */
const usefulRSquared = 0.2;

const onOtherSamples: ReadonlySet<HypothesisName> = new Set([
  'another-block',
  'output-instead-of-update',
  'update-instead-of-output',
]);

const sentences: Readonly<Record<HypothesisName, string>> = {
  'as-declared': 'The SAE explains its samples as declared',
  'another-block': "This is another block's SAE",
  'output-instead-of-update': "It was trained on the stage's update ΔD, not on its output",
  'update-instead-of-output': "It was trained on the stage's output, not on its update ΔD",
  transposed: 'A matrix lies transposed',
  'order-swapped': 'The order of TopK and ReLU is swapped',
  'b-pre-dropped': 'b_pre is missing or in the wrong place',
  normaliser: 'The input normaliser is wrong',
};

/**
 * Compares the SAE as declared with every other reading and names the best one that is clearly better.
 *
 * @param known `swappedOrder`: what contradicts the file's own format, which no figure can show; `pictureCount`: how many
 *   pictures the samples come from, at least `minPictures` for a verdict
 */
export function judge(
  declared: FitFigures,
  tried: readonly ReadingFigures[],
  { swappedOrder, pictureCount }: { swappedOrder: string | undefined; pictureCount: number },
): AcceptanceVerdict {
  const share = (figures: FitFigures) => `R² ${figures.rSquared.toFixed(3)}`;
  if (pictureCount < minPictures) {
    const text = `${String(pictureCount)} pictures are too few to judge by: take at least ${String(minPictures)} prompts.`;
    return { status: 'doubtful', name: 'as-declared', text };
  }
  const better = tried
    .filter(({ name, figures }) => isClearlyBetter(declared, name, figures))
    .sort((a, b) => b.figures.rSquared - a.figures.rSquared)[0];
  if (better !== undefined) {
    const { name, description, figures } = better;
    const text = `${sentences[name]}: ${share(declared)} as declared, ${share(figures)} with ${description}.`;
    return { status: 'rejected', name, text };
  }
  if (swappedOrder !== undefined) {
    return {
      status: 'rejected',
      name: 'order-swapped',
      text: `${sentences['order-swapped']}: ${swappedOrder}.`,
    };
  }
  if (!(declared.rSquared >= usefulRSquared)) {
    const text = `It explains little of these samples (${share(declared)}), and no other reading of it explains more.`;
    return { status: 'doubtful', name: 'as-declared', text };
  }
  return {
    status: 'accepted',
    name: 'as-declared',
    text: `${sentences['as-declared']}: ${share(declared)}.`,
  };
}

function isClearlyBetter(
  declared: FitFigures,
  name: HypothesisName,
  { rSquared }: FitFigures,
): boolean {
  if (!(rSquared >= usefulRSquared)) return false;
  if (Number.isNaN(declared.rSquared)) return true;
  const gain = rSquared - declared.rSquared;
  if (onOtherSamples.has(name)) return gain >= samplesMargin;
  return gain >= sameSamplesMargin && 1 - rSquared <= sameSamplesShare * (1 - declared.rSquared);
}
