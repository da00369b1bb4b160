import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelLicence } from '../../../protocol/models.ts';
import { statModelFile } from '../modelFiles.ts';

const licenceBytesMax = 2 ** 18;
const shownCharacters = 4000;

/** Models whose terms are known, by how their folders and repositories are named. */
const known: readonly { readonly pattern: RegExp; readonly name: string; readonly page: string }[] =
  [
    {
      pattern: /sdxl[-_]?turbo/i,
      name: 'Stability AI Non-Commercial Research Community License (SDXL Turbo)',
      page: 'https://huggingface.co/stabilityai/sdxl-turbo/blob/main/LICENSE.md',
    },
    {
      pattern: /stable-diffusion-xl-base/i,
      name: 'CreativeML Open RAIL++-M License (SDXL base)',
      page: 'https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md',
    },
  ];

/**
 * The terms that a folder states: its licence file, the head of its README, or the name of the model that it was
 * exported from.
 *
 * @param origin `_name_or_path` of model_index.json, where the export kept it
 */
export async function modelLicence(dir: string, origin: string): Promise<ModelLicence> {
  const file = await firstOf(dir, ['LICENSE.md', 'LICENSE', 'LICENSE.txt', 'LICENCE']);
  const readme = await firstOf(dir, ['README.md']);
  const stated = headValue(readme?.text, 'license_name') ?? headValue(readme?.text, 'license');
  const match = known.find(({ pattern }) => pattern.test(`${origin}\n${dir}`));
  const title = file?.text.split('\n').find((line) => /licen[sc]e/i.test(line));
  const name = match?.name ?? title?.replace(/^[#\s*]+|[*\s]+$/g, '').slice(0, 120) ?? stated ?? notStated;
  const source =
    file?.name ?? (stated === undefined ? undefined : readme?.name) ?? match?.page ?? 'the folder';
  return {
    id: createHash('sha256').update(`${name}\n${file?.text ?? ''}`).digest('hex').slice(0, 16),
    name,
    isNonCommercial: /non-?\s?commercial|-nc\b/i.test(`${name}\n${file?.text ?? ''}\n${stated ?? ''}`),
    source,
    text: file?.text.slice(0, shownCharacters),
  };
}

const notStated = 'not stated';

async function firstOf(
  dir: string,
  names: readonly string[],
): Promise<{ readonly name: string; readonly text: string } | undefined> {
  for (const name of names) {
    try {
      await statModelFile(dir, name, licenceBytesMax);
      return { name, text: await readFile(join(dir, name), 'utf8') };
    } catch {
      // None, or none that can be shown: the next one may do.
    }
  }
  return undefined;
}

/** A key of the head that READMEs of models begin with. */
function headValue(text: string | undefined, key: string): string | undefined {
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text ?? '')?.[1];
  return new RegExp(`^${key}:\\s*["']?([^"'\\r\\n]+)`, 'm').exec(head ?? '')?.[1]?.trim();
}
