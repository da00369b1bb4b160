import { invalidInput, modelError } from '../../../protocol/errors.ts';

/** One file of a repository, with the hash that it must have. */
export interface PlannedFile {
  /** Path in the repository, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of large files (LFS), git's SHA-1 of the rest: `blob <size>\0<bytes>`. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

/** What a download fetches: one commit of one repository. */
export interface DownloadPlan {
  /** `owner/name` */
  readonly repo: string;
  /** The commit that the revision meant when the plan was made: a resumed download mixes no versions. */
  readonly commit: string;
  readonly files: readonly PlannedFile[];
  readonly sizeBytes: number;
}

const filesMax = 20_000;

/**
 * @param text `owner/name`, `owner/name@revision`, or the address of a repository's page
 * @throws `invalidInput` for anything else
 */
export function parseRepo(text: string): { readonly repo: string; readonly revision: string } {
  const plain = text
    .trim()
    .replace(/^https?:\/\/[^/]+\//, '')
    .replace(/\/(?:tree|blob)\/([^/]+).*$/, '@$1')
    .replace(/\/+$/, '');
  const match = /^([\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95})(?:@([\w-][\w./-]{0,200}))?$/.exec(plain);
  const [, repo, revision = 'main'] = match ?? [];
  if (repo !== undefined && !revision.includes('..')) return { repo, revision };
  throw invalidInput(
    `"${text}" names no repository; wanted is owner/name, or owner/name@revision.`,
  );
}

/** Where a file goes below the folder; a server's word is not trusted. @throws `model` */
export function checkPath(path: string): string {
  const isPlain =
    path.length <= 400 &&
    !/[\0\\:]/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPlain) return path;
  throw modelError(`The repository lists ${JSON.stringify(path)}, which is no plain path.`);
}

/** Weights of other frameworks and other providers' graphs, which an ONNX model does not need. */
const foreign = /\.(?:safetensors|bin|pt|pth|ckpt|msgpack|h5|gguf|tflite)$/;

/**
 * The files that a model folder needs: of an ONNX model the parts and what describes them.
 *
 * @throws `model` when the repository holds no ONNX model, or more files than allowed
 */
export function filesOfModel(files: readonly PlannedFile[], repo: string): readonly PlannedFile[] {
  if (files.length > filesMax) {
    throw modelError(`${repo} lists more than ${String(filesMax)} files.`);
  }
  for (const { path } of files) checkPath(path);
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
