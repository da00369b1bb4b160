import { FeaturescopeError } from '../../protocol/errors.ts';
import type { Provider } from '../../protocol/provider.ts';

/** Codes of failures that another provider might not have. */
const codes: readonly string[] = ['model', 'outOfMemory', 'internal'];

/**
 * Work of a graphics card: its failures name the provider, and it ends. A driver may wait for ever, and the first run of
 * a graph compiles shaders, which software needs half a minute for. The CPU is left alone: what it does comes to an end.
 *
 * @param work ends within a second when its signal aborts
 * @throws what the work throws, with `provider`; `model` when there is no answer within `limitMs`
 */
export async function onProvider<T>(
  provider: Provider,
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (provider === 'cpu') return work(signal);
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await work(signal ? AbortSignal.any([signal, limit]) : limit);
  } catch (error) {
    if (signal?.aborted) throw error;
    const given = `"${provider}"`;
    if (limit.aborted) {
      const seconds = String(Math.round(limitMs / 1000));
      throw new FeaturescopeError(
        'model',
        `Provider ${given} gave no answer within ${seconds} s.`,
        {
          ...{ cause: error, provider },
        },
      );
    }
    const { code, message, detail } = FeaturescopeError.from(error);
    if (!codes.includes(code)) throw error;
    const named = message.includes(given) ? message : `${message} Provider ${given} was at work.`;
    throw new FeaturescopeError(code, named, { cause: error, detail, provider });
  }
}
