import { invalidInput } from '../../../../protocol/errors.ts';
import { type ChartId, chartNames } from '../../../../protocol/specialization.ts';
import { type ClassifierFacts } from '../../../models/classifierFile.ts';
import type { PromptSource } from '../../prompts/promptSource.ts';
import { type LatentShape, unsaidIn } from '../../prompts/unsaidFactors.ts';
import { factorNames } from '../factors/statedFactors.ts';
import type { SettledReport } from '../reportManifest.ts';
import { sceneCharts } from '../chartNeeds.ts';

/** Networks that may look at a model's pictures: SHA-256, undefined without one. */
export interface Judges {
  readonly clip: string | undefined;
  /** CLIP's text part. */
  readonly clipText: string | undefined;
  readonly classifier: string | undefined;
  /** What the classifier tells. */
  readonly readClassifier: () => Promise<ClassifierFacts>;
}

interface SceneWish {
  readonly sceneCount: number;
  readonly pairsMin: number;
  /** The prompts before it are for other charts. */
  readonly first: number;
  readonly seed: number;
  readonly latents: LatentShape;
}

type Scenes = SettledReport['scenes'];
type Looked = Pick<
  SettledReport,
  'charts' | 'scenes' | 'absent' | 'judge' | 'clip' | 'clipText' | 'classifier' | 'masks'
>;

const scenesMin = 40;
const noScenes: Scenes = { pairsMin: 0, pictures: [] };
/** A sentence. */
export const absence = (id: ChartId, why: string): string =>
  `Chart ${id} (${chartNames[id]}) is absent: ${why}`;

/**
 * Which of the wanted charts about further pictures can be made, on which pictures, and who looks at them: CLIP before
 * the model's classifier before the words of the prompts.
 *
 * @throws `invalidInput` where a grammar's prompts state too little for charts 4 and 6
 */
export async function lookedAt(
  wanted: readonly ChartId[],
  { clip, clipText, classifier, readClassifier }: Judges,
  source: PromptSource,
  wish: SceneWish,
): Promise<Looked> {
  const absent: string[] = [];
  let charts = [...wanted];
  const leave = (id: ChartId, why: string): void => {
    if (charts.includes(id)) absent.push(absence(id, why));
    charts = charts.filter((one) => one !== id);
  };
  if (classifier === undefined) {
    leave(5, 'the model’s folder has no classifier (classifier/classifier.onnx).');
  }
  const scenes = await scenesFor(charts, source, wish);
  if (typeof scenes === 'string') {
    leave(5, scenes);
    leave(13, scenes);
  }
  const isJudged = charts.includes(13) || charts.includes(8);
  const judge = clip !== undefined ? 'clip' : classifier !== undefined ? 'classifier' : 'words';
  const needsClassifier = charts.includes(5) || (isJudged && judge === 'classifier');
  const wantsMap = charts.includes(4);
  const isRead = classifier !== undefined && (needsClassifier || wantsMap);
  const facts = isRead ? await readClassifier() : undefined;
  const map = wantsMap ? facts?.maps[0] : undefined;
  return {
    ...{ charts, absent, scenes: typeof scenes === 'string' ? noScenes : scenes },
    ...(isJudged && { judge }),
    ...(isJudged && clip !== undefined && { clip }),
    ...(charts.includes(8) && clip !== undefined && clipText !== undefined && { clipText }),
    ...(isRead &&
      facts &&
      (needsClassifier || map) && {
        classifier: {
          sha256: classifier,
          factors: facts.factors.map(({ name, classes, isChoice }) => ({
            ...{ name, classes: [...classes], isChoice },
          })),
        },
      }),
    ...(map && {
      masks: { factor: map.name, nouns: map.classes.filter((name) => name !== 'none') },
    }),
  };
}

/** The prompts behind those of the other charts, or why there are none. @throws as `lookedAt` */
async function scenesFor(
  charts: readonly ChartId[],
  source: PromptSource,
  { sceneCount, pairsMin, first, seed, latents }: SceneWish,
): Promise<Scenes | string> {
  const { saidAt, unsaid: factors = [] } = source;
  const isSaid = charts.some((id) => sceneCharts.includes(id));
  if (!isSaid && !charts.includes(5) && !charts.includes(13)) return noScenes;
  if (!saidAt) {
    const pictures: Scenes['pictures'] = [];
    for await (const prompt of source.read(first)) {
      pictures.push({ prompt, seed: seed + first + pictures.length, said: {} });
      if (pictures.length === sceneCount) break;
    }
    if (pictures.length >= scenesMin) return { pairsMin: 0, pictures };
    return `it needs ${scenesMin} prompts behind the first ${first}, and ${source.title} has ${pictures.length}.`;
  }
  const pictures = Array.from({ length: sceneCount }, (_, scene) => {
    const { prompt, said } = saidAt(first + scene);
    const own = { prompt, seed: seed + first + scene, said: copied(said) };
    const unsaid = charts.includes(4) ? unsaidIn(factors, own, own.seed, latents) : {};
    return Object.keys(unsaid).length > 0 ? { ...own, unsaid } : own;
  });
  const scenes = { pairsMin, pictures };
  if (!isSaid || factorNames(scenes).length > 0) return scenes;
  throw invalidInput(
    `In ${sceneCount} pictures nothing is stated by ${pairsMin} of each half and left out by as many: take more pictures (sceneCount, up to 10,000), or allow fewer pairs (pairsMin, at least 5).`,
  );
}

const copied = (said: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(said).map(([rule, words]) => [rule, [...words]]));
