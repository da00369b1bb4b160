/** Execution providers of ONNX Runtime that Featurescope can ask for. */
export const providers = ['cpu', 'cuda', 'webgpu', 'dml', 'coreml'] as const;
export type Provider = (typeof providers)[number];

/** What a probe in a throw-away child found out about one provider. */
export interface ProviderProbe {
  readonly provider: Provider;
  readonly isWorking: boolean;
  /** Why it does not work, in words; empty when it works. */
  readonly reason: string;
}
