import type { SourceFolder } from '../sourceFolder.ts';
import type { OpenQuestion, SaeDefinition } from '../saeDefinition.ts';

/** What a format's reader gives back; hashes of `fileNames` are added by `importSae`. */
export interface FormatResult {
  readonly definition: SaeDefinition;
  readonly questions: readonly OpenQuestion[];
  readonly fileNames: readonly string[];
}

/** Reads one kind of folder. Throws `model` for a kind that is not supported, by its name. */
export type FormatReader = (folder: SourceFolder) => Promise<FormatResult>;

/** The question for the stage, with what names gave; none when the format itself says it. */
export function blockQuestion(suggested: string | undefined, where: string): OpenQuestion {
  return {
    id: 'blockPath',
    reason:
      suggested === undefined
        ? `${where} does not name a stage of a U-net.`
        : `${where} suggests it, but nothing in the file proves it.`,
    ...(suggested === undefined ? {} : { suggested }),
  };
}
