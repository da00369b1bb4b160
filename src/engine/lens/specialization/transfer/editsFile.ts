import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as z from 'zod';
import { invalidInput } from '../../../../protocol/errors.ts';
import { filedMaskSchema, maskSchema } from '../../../../protocol/recipeSchema.ts';
import { promptLengthMax } from '../../../models/limits.ts';
import { issuesOf } from '../../../models/modelFiles.ts';
import { fileError } from '../../../store/fileError.ts';
import { resolveMask } from '../../experiment/readExperiment.ts';
import type { PairPlace, SettledPair } from '../reportManifest.ts';

/** A pair as a file has it; seeds and partners come later. */
export type FiledPair = Pick<SettledPair, 'kind' | 'original' | 'edited' | 'where'>;

/** `riebench.json` has 105 kB and 296 edits; painted masks are larger. */
const sizeBytesMax = 2 ** 25;
const pairsMax = 10_000;

/** RIEBench's numbers of kinds; 0 is a mixture that is left out, as there. */
const benchKinds: Readonly<Record<string, string>> = {
  ...{ 1: 'change object', 2: 'add object', 3: 'delete object', 4: 'change content' },
  ...{ 5: 'change pose', 6: 'change colour', 7: 'change material' },
  ...{ 8: 'change background', 9: 'change style' },
};

const text = z.string().max(promptLengthMax);
const schema = z
  .array(
    z.object({
      original_prompt: text,
      editing_prompt: text,
      editing_type_id: z.string().max(20).optional(),
      /** In files of one's own. */
      kind: z.string().min(1).max(60).optional(),
      original_gsam_prompt: text.optional(),
      editing_gsam_prompt: text.optional(),
      original_mask: filedMaskSchema.optional(),
      editing_mask: filedMaskSchema.optional(),
    }),
  )
  .max(pairsMax);

/**
 * Pairs of prompts of a file in the form of RIEBench's `riebench.json`: brackets around words are left out, as are pairs
 * of equal prompts. `#everything`, "background" and `~` mean what they mean there; what is named by any other words is
 * taken to be the foreground, since nothing here finds a thing by its name. `original_mask` and `editing_mask`, masks as
 * experiments hold them (a PNG beside the file, painted pixels, cells), go before that.
 *
 * @param size of the pictures
 * @throws `invalidInput` naming the entry
 * @source RIEBench `main.ipynb`, `run_feature_transport`: adding takes the edited picture's mask in both runs, deleting the
 *   original's
 */
export async function readEdits(
  path: string,
  size: { readonly width: number; readonly height: number },
): Promise<readonly FiledPair[]> {
  const name = basename(path);
  let value: unknown;
  try {
    const { size: bytes } = await stat(path);
    if (bytes > sizeBytesMax) {
      throw invalidInput(`"${name}" has ${bytes} bytes; allowed are ${sizeBytesMax}.`);
    }
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidInput(`"${name}" is not valid JSON.`);
    throw fileError(error, 'Cannot read the edits', path);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw invalidInput(`"${name}" is no list of edits: ${issuesOf(parsed.error)}`);
  const placed = async (mask: z.infer<typeof filedMaskSchema>): Promise<PairPlace> =>
    maskSchema.parse(await resolveMask(mask, size, dirname(path)));
  const pairs: FiledPair[] = [];
  for (const entry of parsed.data) {
    const kind = entry.kind ?? benchKinds[entry.editing_type_id ?? ''];
    const [original, edited] = [entry.original_prompt, entry.editing_prompt].map(plain) as [string, string]; // prettier-ignore
    if (kind === undefined || original === edited) continue;
    const { original_mask: mask, editing_mask: editedMask } = entry;
    const where = {
      original: mask ? await placed(mask) : placeOf(entry.original_gsam_prompt),
      edited: editedMask ? await placed(editedMask) : placeOf(entry.editing_gsam_prompt),
    };
    const shared = mask || editedMask ? undefined : sharedIn[entry.editing_type_id ?? ''];
    pairs.push({ kind, original, edited, where: { ...where, ...(shared && { shared }) } });
  }
  if (pairs.length > 0) return pairs;
  throw invalidInput(
    `"${name}" has no pair of different prompts with a kind: each needs original_prompt, editing_prompt, and editing_type_id (1 to 9) or kind.`,
  );
}

const sharedIn: Readonly<Record<string, SettledPair['where']['shared']>> = { 2: 'edited', 3: 'original' }; // prettier-ignore

const plain = (prompt: string): string => prompt.replaceAll(/[[\]]/g, '');

function placeOf(words = ''): PairPlace {
  if (words === '#everything' || words === '') return 'everything';
  return words.includes('background') || words.includes('~') ? 'background' : 'foreground';
}
