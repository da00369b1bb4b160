import { FeaturescopeError } from '../../protocol/errors.ts';

const words: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
};

/** Turns a failure of the file system into words that name the path and the cause. */
export function fileError(error: unknown, what: string, path: string): FeaturescopeError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const cause = words[code] ?? (error instanceof Error ? error.message : String(error));
  return new FeaturescopeError('invalidInput', `${what} "${path}": ${cause}.`, {
    cause: error,
    ...(code === '' ? {} : { detail: code }),
  });
}
