import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bytesText } from '../../protocol/countText.ts';
import {
  cancelled,
  type ErrorData,
  FeaturescopeError,
  invalidInput,
} from '../../protocol/errors.ts';
import type { DecodedPicture } from './decodePicture.ts';
import { decodeMsMax, fileSizeBytesMax } from './limits.ts';

export interface DecodeTask {
  readonly bytes: Uint8Array;
  /** What the picture is fitted to, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
}

export type DecodeAnswer =
  | { readonly kind: 'done'; readonly decoded: DecodedPicture }
  | { readonly kind: 'failed'; readonly error: ErrorData };

export interface PictureFile extends DecodedPicture {
  /** Without its folder. */
  readonly name: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
}

/**
 * Reads a picture that may be hostile: looked at and decoded in a thread of its own, which ends with it.
 *
 * @param decoderPath the built `dist/decoder.cjs`
 * @throws `invalidInput` naming the file and what is wrong with it; `cancelled`
 */
export async function readPictureFile(
  path: string,
  size: DecodeTask['size'],
  { decoderPath, signal }: { readonly decoderPath: string; readonly signal: AbortSignal },
): Promise<PictureFile> {
  const name = basename(path);
  try {
    const bytes = await readBytes(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { ...(await decodeInThread({ bytes, size }, decoderPath, signal)), name, sha256 };
  } catch (error) {
    const { code, message } = FeaturescopeError.from(error);
    if (code !== 'invalidInput') throw error;
    throw new FeaturescopeError(code, `${name}: ${message}`, { cause: error });
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  let file;
  try {
    file = await open(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw invalidInput(
      code === 'ENOENT' ? 'The file is not there.' : `It cannot be read (${String(code)}).`,
    );
  }
  try {
    const info = await file.stat();
    if (!info.isFile()) throw invalidInput('It is no file.');
    if (info.size === 0) throw invalidInput('The file is empty.');
    if (info.size > fileSizeBytesMax) {
      throw invalidInput(
        `The file has ${bytesText(info.size)}; at most ${bytesText(fileSizeBytesMax)} are read.`,
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function decodeInThread(
  task: DecodeTask,
  decoderPath: string,
  signal: AbortSignal,
): Promise<DecodedPicture> {
  if (signal.aborted) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const thread = new Worker(decoderPath, { workerData: task });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      void thread.terminate();
      settle();
    };
    const onAbort = (): void => {
      end(() => {
        reject(cancelled());
      });
    };
    const fail = (message: string): void => {
      end(() => {
        reject(invalidInput(message));
      });
    };
    const timer = setTimeout(() => {
      fail(`Reading it took longer than ${String(decodeMsMax / 1000)} s.`);
    }, decodeMsMax);
    signal.addEventListener('abort', onAbort);
    thread.once('message', (answer: DecodeAnswer) => {
      end(() => {
        if (answer.kind === 'done') resolve(answer.decoded);
        else reject(FeaturescopeError.fromData(answer.error));
      });
    });
    thread.once('error', () => {
      fail('The picture is damaged: its decoder gave up.');
    });
    thread.once('exit', () => {
      fail('The picture is damaged: its decoder ended.');
    });
  });
}
