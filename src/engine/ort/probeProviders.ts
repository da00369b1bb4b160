import { FeaturescopeError } from '../../protocol/errors.ts';
import type { LogRecord } from '../../protocol/log.ts';
import {
  type ProductProbe,
  type Provider,
  type ProviderProbe,
  providers,
} from '../../protocol/provider.ts';
import type { TensorRef } from '../../protocol/tensors.ts';
import type { Ort } from './ort.ts';
import { createOrt, type OrtOptions } from './ortClient.ts';

const probeTimeoutMs = 30_000;
/** A graphics card takes less than a tenth of a second; software that stands for one may take minutes. */
const productTimeoutMs = 10_000;

/** A tiny graph with known answers, run to see whether a provider works. */
export interface ProbeGraph {
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, TensorRef>>;
  readonly outputName: string;
  readonly expected: Float32Array;
  /** Largest absolute difference that still counts as right. */
  readonly tolerance: number;
}

/** Large products with known answers: how exactly, and how fast. */
export interface ProductGraph extends Pick<ProbeGraph, 'bytes' | 'feeds' | 'outputName'> {
  /** In double precision. */
  readonly expected: Float64Array;
}

export interface ProbeGraphs {
  readonly stage: ProbeGraph;
  /** Without it speed is not asked for. */
  readonly product?: ProductGraph;
}

type ProbeChild = Pick<OrtOptions, 'runnerPath' | 'environment'>;

/** Providers that this platform's package could hold; the rest are not even tried. */
const onPlatform: Readonly<Record<Provider, boolean>> = {
  cpu: true,
  cuda: process.platform === 'linux' && process.arch === 'x64',
  webgpu: process.platform !== 'darwin' || process.arch === 'arm64',
  dml: process.platform === 'win32',
  coreml: process.platform === 'darwin',
};

/**
 * Runs a tiny graph, and large products, with every provider that the platform could have, each in a child of its own: a provider that is
 * compiled in may still abort the process.
 */
export async function probeProviders(
  child: ProbeChild,
  graphs: ProbeGraphs,
  onLog: (record: LogRecord) => void,
  wanted: readonly Provider[] = providers,
): Promise<ProviderProbe[]> {
  const probes: ProviderProbe[] = [];
  for (const provider of wanted) {
    if (!onPlatform[provider]) continue;
    const { reason, product } = await probe(provider, child, graphs);
    const how = product
      ? `works: products in ${product.runMs.toFixed(1)} ms, error ${product.relativeError.toExponential(1)}`
      : 'works';
    onLog({
      level: 'info',
      room: 'engine',
      text: `provider ${provider}: ${reason === '' ? how : reason}`,
    });
    probes.push({ provider, isWorking: reason === '', reason, ...(product && { product }) });
  }
  return probes;
}

interface Finding {
  /** Why the provider does not work, empty when it does. */
  readonly reason: string;
  readonly product?: ProductProbe;
}

async function probe(
  provider: Provider,
  child: ProbeChild,
  { stage, product }: ProbeGraphs,
): Promise<Finding> {
  const ort = createOrt(child);
  const signal = AbortSignal.timeout(probeTimeoutMs);
  try {
    const [{ values }] = await runs(ort, provider, stage, 1, signal);
    const isRight =
      values.length === stage.expected.length &&
      stage.expected.every(
        (want, index) => Math.abs(want - (values[index] ?? NaN)) <= stage.tolerance,
      );
    if (!isRight) return { reason: 'it computes wrong numbers' };
    const measured = product && (await measure(ort, provider, product));
    return { reason: '', ...(measured && { product: measured }) };
  } catch (error) {
    if (signal.aborted) return { reason: `no answer within ${String(probeTimeoutMs / 1000)} s` };
    return { reason: reasonOf(FeaturescopeError.from(error).message) };
  } finally {
    await ort.stop();
  }
}

/** @returns undefined when it takes too long, or fails */
async function measure(
  ort: Ort,
  provider: Provider,
  product: ProductGraph,
): Promise<ProductProbe | undefined> {
  const signal = AbortSignal.timeout(productTimeoutMs);
  try {
    // The first run compiles and warms up.
    const [first, ...others] = await runs(ort, provider, product, 4, signal);
    const runMs = Math.min(...others.map((each) => each.runMs));
    return { relativeError: errorOf(first.values, product.expected), runMs };
  } catch {
    return undefined;
  }
}

interface Run {
  readonly values: readonly number[];
  readonly runMs: number;
}

/** Loads a graph with a provider and runs it as often as asked, with all threads. */
async function runs(
  ort: Ort,
  provider: Provider,
  { bytes, feeds, outputName }: Pick<ProbeGraph, 'bytes' | 'feeds' | 'outputName'>,
  count: number,
  signal: AbortSignal,
): Promise<[Run, ...Run[]]> {
  const graph = { bytes, externalDataDir: '' };
  const session = await ort.createSession({ graph, provider, threadCount: 0 }, signal);
  const once = async (): Promise<Run> => {
    const { outputs, runMs } = await session.run(feeds, { [outputName]: 'value' }, signal);
    const output = outputs[outputName];
    return { values: output && 'data' in output ? [...output.data].map(Number) : [], runMs };
  };
  const made: [Run, ...Run[]] = [await once()];
  while (made.length < count) made.push(await once());
  return made;
}

/** Infinite when values are missing or no numbers. */
function errorOf(values: readonly number[], expected: Float64Array): number {
  let error = 0;
  let size = 0;
  expected.forEach((want, index) => {
    const difference = Math.abs(want - (values[index] ?? NaN));
    error = Math.max(error, Number.isNaN(difference) ? Infinity : difference);
    size = Math.max(size, Math.abs(want));
  });
  return error / size;
}

/** The list names the provider already: what is left is the cause. */
const reasonOf = (message: string): string =>
  message.includes('_Cuda: Failed to load shared library')
    ? "ONNX Runtime's CUDA library is not installed, or CUDA 12 or cuDNN 9, which it needs."
    : message
        .replace(/^The graph could not be loaded with provider "\w+": /, '')
        .replace(/ Provider "\w+" was at work\.$/, '');
