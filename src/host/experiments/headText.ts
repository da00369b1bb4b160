import { basename } from 'node:path';
import { extensions, type Uri } from 'vscode';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';

/** The part of the Git extension's API (version 1) that is used here. */
interface GitApi {
  getRepository(uri: Uri): { show(ref: string, path: string): Promise<string> } | null;
}

/**
 * A file's text as it was committed last.
 *
 * @throws `invalidInput` where there is no Git, no repository, or no such file in its last commit
 */
export async function headText(uri: Uri): Promise<string> {
  const extension = extensions.getExtension<{ getAPI(version: 1): GitApi }>('vscode.git');
  if (!extension)
    throw invalidInput('VS Code’s Git extension is off: there is no HEAD to compare with.');
  const api = (await extension.activate()).getAPI(1);
  const repository = api.getRepository(uri);
  if (!repository) {
    throw invalidInput(`"${basename(uri.fsPath)}" is in no Git repository that is open.`);
  }
  try {
    return await repository.show('HEAD', uri.fsPath);
  } catch (error) {
    throw new FeaturescopeError(
      'invalidInput',
      `"${basename(uri.fsPath)}" is not in the last commit (HEAD). Commit it first.`,
      { cause: error },
    );
  }
}
