import type { Dispatcher } from '../protocol/dispatcher.ts';
import { chooseProvider, probeProviders } from '../protocol/provider.ts';
import type { ProviderChoice } from './providerChoice.ts';

/** Requests about what works on this machine. */
export function registerProviders(
  dispatcher: Dispatcher,
  { providers }: { readonly providers: ProviderChoice },
): void {
  dispatcher.handle(probeProviders, ({ refresh }) => providers.probes(refresh));
  dispatcher.handle(chooseProvider, ({ modelDir }) => providers.choose(modelDir));
}
