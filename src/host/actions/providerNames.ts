import type { Provider } from '../../protocol/provider.ts';

/** Providers as people know them. */
export const providerNames: Readonly<Record<Provider, string>> = {
  cpu: 'CPU',
  cuda: 'CUDA (NVIDIA)',
  webgpu: 'WebGPU',
  dml: 'DirectML (Windows)',
  coreml: 'Core ML (Apple)',
};
