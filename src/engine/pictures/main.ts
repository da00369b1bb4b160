import { parentPort, workerData } from 'node:worker_threads';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { decodePicture } from './decodePicture.ts';
import type { DecodeAnswer, DecodeTask } from './readPictureFile.ts';

/** A thread that reads one picture and ends: what goes wrong in it, or never ends, goes with it. */
function decodeOne({ bytes, size }: DecodeTask): DecodeAnswer {
  try {
    return { kind: 'done', decoded: decodePicture(bytes, size) };
  } catch (error) {
    return { kind: 'failed', error: FeaturescopeError.from(error).toData() };
  }
}

parentPort?.postMessage(decodeOne(workerData as DecodeTask));
