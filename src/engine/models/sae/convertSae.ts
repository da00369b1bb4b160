import { importSae } from './importSae.ts';
import type { SaeAnswers } from './saeDefinition.ts';
import type { SaeManifest, SaeStorage } from './saeManifest.ts';
import { writeSae } from './saeStore.ts';
import { settleSae } from './settleSae.ts';

/**
 * From somebody's SAE folder to one of ours.
 *
 * @param answers to every question that `importSae` asks for this folder
 * @throws `model` for a source that is refused, `invalidInput` for a question without an answer
 */
export async function convertSae(
  source: string,
  destination: string,
  answers: SaeAnswers,
  storage: SaeStorage = 'float32',
): Promise<SaeManifest> {
  return writeSae(destination, settleSae(await importSae(source), answers), storage);
}
