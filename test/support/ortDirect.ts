import '../../src/runner/withoutFloat16Array.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { TensorRef, TensorValue } from '../../src/protocol/tensors.ts';

/** Sessions in this very process, for tests of graphs: small, and sure not to crash. */
export interface DirectSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, TensorRef>>): Promise<Record<string, TensorValue>>;
  release(): Promise<void>;
}

/**
 * @param graph bytes of an ONNX file, weights relative to `externalDataDir`
 * @param threadCount threads inside an operator
 */
export async function openDirect(
  graph: Uint8Array,
  externalDataDir: string,
  threadCount = 1,
): Promise<DirectSession> {
  const session = await InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threadCount,
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: externalDataDir,
        // Many sessions at once: idle threads that spin would take the processor from the one that works.
        intra_op: { allow_spinning: '0' },
      },
    },
  });
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    release: () => session.release(),
    async run(feeds) {
      const tensors: Record<string, Tensor> = {};
      for (const [name, ref] of Object.entries(feeds)) {
        if ('handle' in ref) throw new Error(`${name} is a handle`);
        tensors[name] = new Tensor(ref.dtype, ref.data as Float32Array, [...ref.dims]);
      }
      const results = await session.run(tensors);
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, dims, data }]) => [
          name,
          { dtype: type, dims, data } as TensorValue,
        ]),
      );
    },
  };
}
