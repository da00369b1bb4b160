import { modelInfo, pathsInfo } from '@huggingface/hub';
import { FeaturescopeError, modelError } from '../../../protocol/errors.ts';
import { checkPath, type DownloadPlan } from './downloadPlan.ts';
import { askAs, hubFailure, hashOf, type HubAccess } from './hubClient.ts';

/**
 * What fetching one file of a repository would take: its listing may have more files than are listed at once.
 *
 * @throws `model` when the hub cannot be asked, has no such file, or one that is larger than allowed
 */
export async function planHubFile(
  repo: string,
  path: string,
  sizeBytesMax: number,
  access: HubAccess,
  signal: AbortSignal,
): Promise<DownloadPlan> {
  const { hubUrl, token } = access;
  const shared = { hubUrl, fetch: askAs(access, signal) };
  try {
    const ask = { name: repo, additionalFields: ['sha' as const], ...shared };
    const { sha: commit } = await modelInfo(ask);
    const paths = [checkPath(path)];
    const target = { type: 'model' as const, name: repo };
    const [entry] = await pathsInfo({ repo: target, revision: commit, paths, ...shared });
    if (entry?.type !== 'file' || entry.path !== path) {
      throw modelError(`${repo} has no ${path}.`);
    }
    const sizeBytes = entry.lfs?.size ?? entry.size;
    if (!(sizeBytes > 0 && sizeBytes <= sizeBytesMax)) {
      throw modelError(
        `${repo}/${path} has ${String(sizeBytes)} bytes; 1 to ${String(sizeBytesMax)} are fetched.`,
      );
    }
    const files = [{ path, sizeBytes, hash: hashOf(entry) }];
    return { repo, type: 'model', commit, files, sizeBytes };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FeaturescopeError) throw error;
    throw hubFailure(error, `${repo}/${path}`, hubUrl, token !== undefined);
  }
}
