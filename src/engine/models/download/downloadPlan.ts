import { invalidInput, modelError } from '../../../protocol/errors.ts';
import type { TransferSource } from './transferFile.ts';

/** One file of a repository, with the hash that it must have. */
export interface PlannedFile {
  /** Path in the repository, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** A hub lists SHA-256 of large files (LFS), git's SHA-1 of the rest: `blob <size>\0<bytes>`. */
  readonly hash: { readonly kind: 'sha256' | 'sha512' | 'git'; readonly hex: string };
}

/** What a download fetches: one commit of one repository. */
export interface DownloadPlan {
  /** `owner/name` */
  readonly repo: string;
  readonly type: RepoType;
  /** The commit that the revision meant when the plan was made: a resumed download mixes no versions. */
  readonly commit: string;
  readonly files: readonly PlannedFile[];
  readonly sizeBytes: number;
}

/** What a hub calls the repository: datasets have addresses of their own. */
export type RepoType = 'model' | 'dataset';

const filesMax = 20_000;

export interface RepoName {
  readonly repo: string;
  readonly type: RepoType;
  readonly revision: string;
}

/**
 * @param text `owner/name`, `owner/name@revision`, `datasets/owner/name`, or the address of a repository's page
 * @throws `invalidInput` for anything else
 */
export function parseRepo(text: string): RepoName {
  const plain = text
    .trim()
    .replace(/^https?:\/\/[^/]+\//, '')
    .replace(/\/(?:tree|blob)\/([^/]+).*$/, '@$1')
    .replace(/\/+$/, '');
  const match =
    /^(datasets\/)?([\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95})(?:@([\w-][\w./-]{0,200}))?$/.exec(plain);
  const [, prefix, repo, revision = 'main'] = match ?? [];
  if (repo !== undefined && !revision.includes('..')) {
    return { repo, type: prefix === undefined ? 'model' : 'dataset', revision };
  }
  throw invalidInput(
    `"${text}" names no repository; wanted is owner/name, or owner/name@revision, with datasets/ before it for a data set.`,
  );
}

/** Where a repository's page and files are at a hub. */
export const repoAddress = ({ repo, type }: Pick<RepoName, 'repo' | 'type'>): string =>
  type === 'dataset' ? `datasets/${repo}` : repo;

/** Where a hub has a plan's files. */
export const hubSource = (plan: DownloadPlan, hubUrl: string): TransferSource => ({
  repo: plan.repo,
  urlOf: ({ path }) => {
    const place = path.split('/').map(encodeURIComponent).join('/');
    return `${hubUrl}/${repoAddress(plan)}/resolve/${plan.commit}/${place}`;
  },
});

/** Where a file goes below the folder; a server's word is not trusted. @throws `model` */
export function checkPath(path: string): string {
  const isPlain =
    path.length <= 400 &&
    !/[\0\\:]/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPlain) return path;
  throw modelError(`The repository lists ${JSON.stringify(path)}, which is no plain path.`);
}

/** @throws `model` when the repository lists more files than allowed, or paths that are none */
export function checkListing(files: readonly PlannedFile[], repo: string): void {
  if (files.length > filesMax) {
    throw modelError(`${repo} lists more than ${String(filesMax)} files.`);
  }
  for (const { path } of files) checkPath(path);
}

/** Weights of other frameworks and other providers' graphs, which an ONNX model does not need. */
const foreign = /\.(?:safetensors|bin|pt|pth|ckpt|msgpack|h5|gguf|tflite)$/;

/**
 * The files that a model folder needs: of an ONNX model the parts and what describes them.
 *
 * @throws `model` when the repository holds no ONNX model
 */
export function filesOfModel(files: readonly PlannedFile[], repo: string): readonly PlannedFile[] {
  const has = (path: string): boolean => files.some((file) => file.path === path);
  for (const needed of ['model_index.json', 'unet/model.onnx']) {
    if (has(needed)) continue;
    const hint = has('unet/diffusion_pytorch_model.safetensors')
      ? ' It holds PyTorch weights: export it with optimum-cli.'
      : '';
    throw modelError(`${repo} holds no ${needed}: it is no ONNX model.${hint}`);
  }
  const folders =
    /^(?:text_encoder|text_encoder_2|tokenizer|tokenizer_2|unet|vae_decoder|vae_encoder|scheduler|saes)\//;
  return files.filter(
    ({ path }) =>
      !foreign.test(path.replace(/^saes\/.*/, '')) &&
      (folders.test(path) || /^(?:[\w.-]+\.json|README\.md|LICEN[CS]E(?:\.\w+)?)$/.test(path)),
  );
}
