import { join } from 'node:path';
import { createOrt } from '../../src/engine/ort/ortClient.ts';

export const runnerPath = join(import.meta.dirname, '..', '..', 'dist', 'runner.cjs');

/** ONNX Runtime in its own process for the tests of a `describe`; registers the mocha hook that ends it. */
export function useOrt(): ReturnType<typeof createOrt> {
  const ort = createOrt({ runnerPath });
  after(() => ort.stop());
  return ort;
}
