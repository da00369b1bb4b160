import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';
import { type ImportedLabel, labelEntries } from './labelStore.ts';

/** What may lie beside an SAE in a model's folder. */
export const shippedLabelsName = 'labels.json';
const fileBytesMax = 32 * 2 ** 20;

const schema = z.strictObject({
  format: z.literal('featurescope-labels'),
  version: z.literal(1),
  /** SHA-256 of the SAE's weights that the labels are for. */
  sae: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where they come from and what their confidence is, in words. */
  provenance: z.string().trim().min(1).max(300),
  labels: z.array(z.unknown()).max(200_000),
});

/** The labels that a model brings for the features of one of its SAEs. */
export interface ShippedLabels {
  readonly provenance: string;
  readonly labels: ReadonlyMap<number, ImportedLabel>;
}

/**
 * Reads `labels.json` in an SAE's folder:
 * ```json
 * { "format": "featurescope-labels", "version": 1, "sae": "<sha256 of its weights>", "provenance": "ground truth: …",
 *   "labels": [{ "id": 3, "label": "cat", "category": "object", "confidence": 0.97 }] }
 * ```
 *
 * @returns undefined when there is none
 * @throws `model` for a file that is none, that is for other weights, or that has an entry which cannot be used
 */
export function readShippedLabels(
  saeFolder: string,
  saeSha256: string,
  nFeatures: number,
): ShippedLabels | undefined {
  const path = join(saeFolder, shippedLabelsName);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const refuse = (reason: string, cause?: unknown) =>
    modelError(`The labels in "${path}" are not used: ${reason}.`, { cause });
  if (size > fileBytesMax) throw refuse(`the file has ${size} bytes, at most ${fileBytesMax}`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw refuse('the file is not JSON', error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { sae, provenance, labels: entries } = parsed.data;
  if (sae !== saeSha256) throw refuse('they are for an SAE with other weights');
  const { labels, refused } = labelEntries(entries, nFeatures);
  const [first] = refused;
  if (first) throw refuse(`entry ${first.index}: ${first.reason}`);
  return { provenance, labels: new Map(labels.map((label) => [label.id, label])) };
}
