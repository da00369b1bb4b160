import type { ProviderFailure } from '../protocol/provider.ts';

/** A provider that was chosen automatically was given up: never silently. */
export function tellFallback({ provider, reason }: ProviderFailure): void {
  process.stderr.write(`${provider}: ${reason} The CPU took over.\n`);
}
