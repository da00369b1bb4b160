import { posix } from 'node:path';
import { invalidInput, modelError } from '../../../protocol/errors.ts';
import type { SetContent } from '../../../protocol/downloads.ts';
import type { PlannedFile } from './downloadPlan.ts';

/** One SAE's folder or one file of labels in a repository. */
export interface DownloadPart<File> {
  /** Path in the repository, with `/`; `.` for the repository's own folder. */
  readonly path: string;
  readonly files: readonly File[];
  readonly sizeBytes: number;
}

/** One of these makes a folder an SAE's. */
const saeWeights = /^(?:state_dict\.pth|sae_weights\.safetensors|sae\.safetensors|ae\.pt)$/;
/** What the readers of SAEs ask for; beside it repositories hold states of optimizers and the like. */
const saeFiles =
  /^(?:state_dict\.pth|sae_weights\.safetensors|sae\.safetensors|ae\.pt|config\.json|cfg\.json|mean\.pt|std\.pt)$/;
/** More is no list of labels that can be imported. */
const labelBytesMax = 32 * 2 ** 20;
const isText = /^(?:README\.md|LICEN[CS]E(?:\.\w+)?)$/;

/** The SAEs or label files among files, by path. */
export function partsOf<File extends { readonly path: string; readonly sizeBytes: number }>(
  files: readonly File[],
  content: SetContent,
): readonly DownloadPart<File>[] {
  if (content === 'labels') {
    return files
      .filter(({ path, sizeBytes }) => path.endsWith('.json') && sizeBytes <= labelBytesMax)
      .map((file) => ({ path: file.path, files: [file], sizeBytes: file.sizeBytes }));
  }
  const folders = new Set(
    files
      .filter(({ path }) => saeWeights.test(posix.basename(path)))
      .map(({ path }) => posix.dirname(path)),
  );
  return [...folders].sort().map((folder) => {
    const own = files.filter(
      ({ path }) => posix.dirname(path) === folder && saeFiles.test(posix.basename(path)),
    );
    return {
      path: folder,
      files: own,
      sizeBytes: own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
  });
}

const words: Readonly<Record<SetContent, string>> = {
  saes: 'SAE (a folder with state_dict.pth, sae_weights.safetensors, sae.safetensors or ae.pt)',
  labels: 'label set (a .json file of at most 32 MiB)',
};

/**
 * The files of the parts that are wanted, and the repository's terms.
 *
 * @param wanted all without
 * @throws `model` when there are none; `invalidInput` naming one that is not there
 */
export function filesOfParts(
  files: readonly PlannedFile[],
  content: SetContent,
  repo: string,
  wanted?: readonly string[],
): readonly PlannedFile[] {
  const parts = partsOf(files, content);
  if (parts.length === 0) throw modelError(`${repo} holds no ${words[content]}.`);
  const unknown = wanted?.find((path) => !parts.some((part) => part.path === path));
  if (unknown !== undefined) {
    throw invalidInput(
      `${repo} holds no "${unknown}"; it has ${parts.map(({ path }) => path).join(', ')}.`,
    );
  }
  const chosen = wanted ? parts.filter(({ path }) => wanted.includes(path)) : parts;
  return [...files.filter(({ path }) => isText.test(path)), ...chosen.flatMap((part) => part.files)];
}
