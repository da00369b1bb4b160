import type { Dispatcher } from '../protocol/dispatcher.ts';
import { reportParity } from '../protocol/parity.ts';
import type { Provider } from '../protocol/provider.ts';
import { comparePictures, compareReadings } from './lens/providerParity.ts';
import type { Models } from './models.ts';
import { tf32Override } from './ort/ortClient.ts';

/** What is known of providers before anything is measured. */
const notes: Partial<Record<Provider, string>> = {
  cuda:
    tf32Override === '0'
      ? 'TF32 is switched off (NVIDIA_TF32_OVERRIDE=0): CUDA is asked to multiply float32 in full.'
      : 'TF32 is allowed (NVIDIA_TF32_OVERRIDE): CUDA may multiply float32 with 10 bits of mantissa.',
  webgpu:
    'WebGPU leaves the order of sums to the driver: the same picture may differ between machines.',
};

/** The request that tells what a provider's numbers are worth. */
export function registerParity(
  dispatcher: Dispatcher,
  { models }: { readonly models: Models },
): void {
  dispatcher.handle(reportParity, async ({ modelDir, provider, base }, context) => {
    const make = (where: Provider, unet: 'tapped' | 'chain') =>
      twice(() =>
        models.generate({ ...base, modelDir, provider: where, keep: false, unet }, context),
      );
    const reference = await make('cpu', 'chain');
    const other = await make(provider, 'tapped');
    return {
      provider,
      form: 'tapped' as const,
      blocks: compareReadings(reference.readings, other.readings),
      picture: comparePictures(reference.picture, other.picture),
      runMs: { cpu: reference.runMs, provider: other.runMs },
      note: notes[provider] ?? '',
    };
  });
}

/** The first run of a session plans its memory and compiles shaders: the second one tells its time. */
async function twice<T>(work: () => Promise<T>): Promise<T> {
  await work();
  return work();
}
