import { basename } from 'node:path';
import { extensions, type Uri } from 'vscode';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';

/** The part of the Git extension's API (version 1) that is used here. */
interface GitApi {
  getRepository(uri: Uri): { show(ref: string, path: string): Promise<string> } | null;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/**
 * A file's text as it was committed last.
 *
 * @throws `invalidInput` where there is no Git, no repository, or no such file in its last commit
 */
export async function headText(uri: Uri): Promise<string> {
  const extension = extensions.getExtension<GitExtension>('vscode.git');
  const git = await extension?.activate();
  // Its API throws while the setting git.enabled is off.
  if (!git?.enabled) {
    throw invalidInput('Git is off in VS Code (git.enabled): there is no HEAD to compare with.');
  }
  const api = git.getAPI(1);
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
