import { FeaturescopeError } from '../protocol/errors.ts';
import type {
  Provider,
  ProviderDecision,
  ProviderFailure,
  ProviderProbe,
} from '../protocol/provider.ts';
import type { Around } from '../protocol/dispatcher.ts';
import { decideProvider, isForCpu } from './decideProvider.ts';

export interface ProviderChoicePorts {
  /** Tries out what works here; seconds. */
  readonly probe: () => Promise<readonly ProviderProbe[]>;
  /** Bytes of a model's files. @throws `model`, `invalidInput` for a folder that is none */
  readonly sizeOf: (modelDir: string) => Promise<number>;
  readonly onFailed: (failure: ProviderFailure) => void;
}

/** What works on this machine, found out once, and what `auto` means for each model. */
export class ProviderChoice {
  readonly #ports: ProviderChoicePorts;
  readonly #failed = new Map<string, Set<Provider>>();
  /** By model: reading a folder takes 11 ms, and every picture of the editor asks. */
  readonly #sizes = new Map<string, number>();
  #probes: Promise<readonly ProviderProbe[]> | undefined;

  constructor(ports: ProviderChoicePorts) {
    this.#ports = ports;
  }

  /** @param refresh forgets what failed as well: a driver may be another one by now */
  async probes(refresh: boolean): Promise<readonly ProviderProbe[]> {
    if (refresh) {
      this.#probes = undefined;
      this.#failed.clear();
      this.#sizes.clear();
    }
    const probes = (this.#probes ??= this.#ports.probe());
    probes.catch(() => {
      if (this.#probes === probes) this.#probes = undefined;
    });
    return probes;
  }

  /** @throws as `sizeOf` */
  async choose(modelDir: string): Promise<ProviderDecision> {
    const sizeBytes = this.#sizes.get(modelDir) ?? (await this.#ports.sizeOf(modelDir));
    this.#sizes.set(modelDir, sizeBytes);
    const failed = this.#failed.get(modelDir) ?? new Set();
    const probes = isForCpu({ sizeBytes }) ? [] : await this.probes(false);
    return decideProvider({ sizeBytes, failed }, probes);
  }

  /**
   * Settles `provider: 'auto'` in what a request asks for, wherever it stands beside a `modelDir`. When the provider that
   * was chosen fails, that is told, and the whole request is begun anew on the CPU: pictures of one board are of one
   * provider.
   */
  readonly around: Around = async (params, { signal }, handle) => {
    const modelDir = autoModelDir(params);
    if (modelDir === undefined) return handle(params);
    const { provider } = await this.choose(modelDir);
    signal.throwIfAborted();
    try {
      return await handle(withProvider(params, provider));
    } catch (error) {
      const known = FeaturescopeError.from(error);
      if (signal.aborted || known.provider !== provider) throw error;
      const failed = this.#failed.get(modelDir) ?? new Set();
      this.#failed.set(modelDir, failed.add(provider));
      this.#ports.onFailed({ provider, modelDir, reason: known.message });
      return handle(withProvider(params, 'cpu'));
    }
  };
}

interface AutoChoice {
  readonly modelDir: string;
  readonly provider: 'auto';
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isAuto = (value: unknown): value is AutoChoice =>
  isRecord(value) && value['provider'] === 'auto' && typeof value['modelDir'] === 'string';

/** In the params themselves or in one of them: a job's, say. */
const autoModelDir = (params: unknown): string | undefined =>
  [params, ...(isRecord(params) ? Object.values(params) : [])].find(isAuto)?.modelDir;

function withProvider(params: unknown, provider: Provider): unknown {
  if (isAuto(params)) return { ...params, provider };
  if (!isRecord(params)) return params;
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [
      key,
      isAuto(value) ? { ...value, provider } : value,
    ]),
  );
}
