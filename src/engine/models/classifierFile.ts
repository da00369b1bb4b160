import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';
import { readModelJson } from './modelFiles.ts';

const names = z.array(z.string().min(1)).min(2).max(1000);
const schema = z.object({
  /** Pixels a side. */
  picture: z.int().min(8).max(1024),
  /** By output of the graph; those that end in "Map" have a class in each cell. */
  classes: z.record(z.string().min(1), names),
});

/** Something that a classifier tells of a picture. */
export interface SeenFactor {
  /** "style", "object" */
  readonly name: string;
  /** The graph's output. */
  readonly output: string;
  readonly classes: readonly string[];
  /** One of the classes holds; otherwise each may be in the picture or not. */
  readonly isChoice: boolean;
}

export interface ClassifierFacts {
  readonly picture: number;
  readonly factors: readonly SeenFactor[];
  /** Maps of which there is also a "Presence": where in a picture the classes are. */
  readonly maps: readonly SeenFactor[];
}

/**
 * What the classifier in a model's folder tells, as `classifier/classifier.json` says. A map of which there is also a
 * "Presence" is no factor of its own: it says the same, and where.
 *
 * @throws `model` for a file that is missing or does not fit
 */
export async function readClassifierFacts(modelDir: string): Promise<ClassifierFacts> {
  const name = 'classifier/classifier.json';
  const { picture, classes } = await readModelJson(modelDir, name, schema);
  const factors: SeenFactor[] = [];
  const maps: SeenFactor[] = [];
  for (const [output, all] of Object.entries(classes)) {
    const [, stem = output, kind] = /^(.+?)(Map|Presence)?$/.exec(output) ?? [];
    const list = kind === 'Map' && `${stem}Presence` in classes ? maps : factors;
    list.push({ name: stem, output, classes: all, isChoice: kind === undefined });
  }
  const twice = factors.find(({ name: one }, i) => factors.findIndex((f) => f.name === one) < i);
  if (factors.length > 0 && !twice) return { picture, factors, maps };
  throw modelError(
    `${name} in ${modelDir} ${twice ? `names the factor "${twice.name}" twice` : 'names no outputs'}.`,
  );
}
