import type { Picture } from '../../../../protocol/engine.ts';
import { invalidInput } from '../../../../protocol/errors.ts';
import type { Pipeline } from '../../../pipeline/generate.ts';
import type { SceneCodes } from '../factors/sceneFile.ts';
import type { SettledReport } from '../reportManifest.ts';
import { short } from './looksOfScenes.ts';

/** Whether a network looks at a report's pictures. */
export const isLookedAt = ({ clip, classifier }: SettledReport): boolean =>
  clip !== undefined || classifier !== undefined;

/**
 * What the report's networks make of a picture.
 *
 * @throws `invalidInput` when one is another by now, or gone; as `Clip.embed`, `Classifier.see`
 */
export async function lookAt(
  picture: Picture,
  { clip, classifier }: SettledReport,
  pipeline: Pipeline,
  signal: AbortSignal,
): Promise<Pick<SceneCodes, 'look' | 'seen'>> {
  const embedded = clip === undefined ? undefined : await pipeline.clip.embed(picture, signal);
  if (clip !== embedded?.sha256) throw otherNetwork('CLIP network');
  const told = classifier && (await pipeline.classifier.see(picture, signal));
  if (classifier?.sha256 !== told?.sha256) throw otherNetwork('classifier');
  const seen = Object.entries(told?.seen ?? {}).map(([name, values]) => [name, values.map(short)]);
  return {
    ...(embedded && { look: Array.from(embedded.values, short) }),
    ...(told && { seen: Object.fromEntries(seen) as NonNullable<SceneCodes['seen']> }),
  };
}

/**
 * What CLIP's text part makes of a prompt; undefined where the report has none.
 *
 * @throws `invalidInput` when it is another by now, or gone; as `Clip.embedText`
 */
export async function readPrompt(
  prompt: string,
  { clipText }: SettledReport,
  pipeline: Pipeline,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  if (clipText === undefined) return undefined;
  const embedded = await pipeline.clip.embedText(prompt, signal);
  if (clipText !== embedded?.sha256) throw otherNetwork('text part of CLIP');
  return Array.from(embedded.values, short);
}

/** For a network that is another than the report was begun with, or gone. */
export const otherNetwork = (name: string) =>
  invalidInput(
    `The report was begun with another ${name}: put that one back, or begin a new report.`,
  );
