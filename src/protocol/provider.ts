import { defineNotification, defineRequest } from './request.ts';

/** Execution providers of ONNX Runtime that Featurescope can ask for. */
export const providers = ['cpu', 'cuda', 'webgpu', 'dml', 'coreml'] as const;
export type Provider = (typeof providers)[number];

/** What a caller may ask for: `auto` is settled by the engine, for each model, before anything else is done. */
export const providerWishes = ['auto', ...providers] as const;
export type ProviderWish = (typeof providerWishes)[number];

/** Params as a handler gets them: where `{modelDir, provider: 'auto'}` stood, the provider that was chosen. */
export type Settled<Params> = {
  [K in keyof Params]: K extends 'provider'
    ? Exclude<Params[K], 'auto'>
    : K extends 'picture' | 'updates'
      ? Settled<Params[K]>
      : Params[K];
};

/** What a probe in a throw-away child found out about one provider. */
export interface ProviderProbe {
  readonly provider: Provider;
  readonly isWorking: boolean;
  /** Why it does not work, in words; empty when it works. */
  readonly reason: string;
  /** Of a provider that works; none where large products fail or take more than 10 s. */
  readonly product?: ProductProbe;
}

/** How a provider multiplies matrices of float32. */
export interface ProductProbe {
  /** Largest error of an element, of the largest element; about 1e-6 in float32, 3e-4 in TF32, 1e-3 in float16. */
  readonly relativeError: number;
  /** The quicker of two runs, values in and out included. */
  readonly runMs: number;
}

/** What `auto` means for one model on this machine. */
export interface ProviderDecision {
  readonly provider: Provider;
  /** Why this one and no other, in words. */
  readonly why: string;
}

/** A provider that was chosen automatically and failed: what was asked for was begun anew on the CPU. */
export interface ProviderFailure {
  readonly provider: Provider;
  readonly modelDir: string;
  readonly reason: string;
}

/** Tries out every provider that the platform could have, each in a child of its own. */
export const probeProviders = defineRequest<{ refresh: boolean }, readonly ProviderProbe[]>(
  'provider/probe',
);
export const chooseProvider = defineRequest<{ modelDir: string }, ProviderDecision>(
  'provider/choose',
);
export const providerFailed = defineNotification<ProviderFailure>('provider/failed');
