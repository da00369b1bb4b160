import { FeaturescopeError } from '../../protocol/errors.ts';
import type { LogRecord } from '../../protocol/log.ts';
import { type Provider, type ProviderProbe, providers } from '../../protocol/provider.ts';
import type { TensorRef } from '../../protocol/tensors.ts';
import { createOrt } from './ortClient.ts';

const probeTimeoutMs = 30_000;

/** A tiny graph with known answers, run to see whether a provider works. */
export interface ProbeGraph {
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, TensorRef>>;
  readonly outputName: string;
  readonly expected: Float32Array;
  /** Largest absolute difference that still counts as right. */
  readonly tolerance: number;
}

/** Providers that this platform's package could hold; the rest are not even tried. */
const onPlatform: Readonly<Record<Provider, boolean>> = {
  cpu: true,
  cuda: process.platform === 'linux' && process.arch === 'x64',
  webgpu: process.platform !== 'darwin' || process.arch === 'arm64',
  dml: process.platform === 'win32',
  coreml: process.platform === 'darwin',
};

/**
 * Runs a tiny graph with every provider that the platform could have, each in a child of its own: a provider that is
 * compiled in may still abort the process.
 */
export async function probeProviders(
  runnerPath: string,
  graph: ProbeGraph,
  onLog: (record: LogRecord) => void,
  wanted: readonly Provider[] = providers,
): Promise<ProviderProbe[]> {
  const probes: ProviderProbe[] = [];
  for (const provider of wanted) {
    if (!onPlatform[provider]) continue;
    const reason = await probe(provider, runnerPath, graph);
    onLog({
      level: 'info',
      room: 'engine',
      text: `provider ${provider}: ${reason === '' ? 'works' : reason}`,
    });
    probes.push({ provider, isWorking: reason === '', reason });
  }
  return probes;
}

/** @returns why the provider does not work, empty when it does */
async function probe(provider: Provider, runnerPath: string, graph: ProbeGraph): Promise<string> {
  const ort = createOrt({ runnerPath });
  const signal = AbortSignal.timeout(probeTimeoutMs);
  try {
    const source = { bytes: graph.bytes, externalDataDir: '' };
    const session = await ort.createSession({ graph: source, provider, threadCount: 1 }, signal);
    const { outputs } = await session.run(graph.feeds, { [graph.outputName]: 'value' }, signal);
    const output = outputs[graph.outputName];
    const values = output && 'data' in output ? [...output.data].map(Number) : [];
    const isRight =
      values.length === graph.expected.length &&
      graph.expected.every(
        (want, index) => Math.abs(want - (values[index] ?? NaN)) <= graph.tolerance,
      );
    return isRight ? '' : 'it computes wrong numbers';
  } catch (error) {
    if (signal.aborted) return `no answer within ${String(probeTimeoutMs / 1000)} s`;
    return reasonOf(FeaturescopeError.from(error).message);
  } finally {
    await ort.stop();
  }
}

/** The list names the provider already: what is left is the cause. */
const reasonOf = (message: string): string =>
  message.includes('_Cuda: Failed to load shared library')
    ? "ONNX Runtime's CUDA library is not installed, or CUDA 12 or cuDNN 9, which it needs."
    : message.replace(/^The graph could not be loaded with provider "\w+": /, '');
