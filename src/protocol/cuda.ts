import { defineRequest } from './request.ts';

/**
 * ONNX Runtime's CUDA library: no part of the npm package, published by the same people at NuGet. It needs an NVIDIA
 * driver, CUDA 12 and cuDNN 9, which it does not bring.
 */
export const cudaPackage = 'Microsoft.ML.OnnxRuntime.Gpu.Linux';
export const defaultNugetUrl = 'https://api.nuget.org/v3/index.json';

/** The job that fetches it; its params are `CudaParams`. */
export const cudaKind = 'cuda';

export interface CudaParams {
  /** Service index of a NuGet server: nuget.org's, or a mirror's. */
  readonly indexUrl: string;
}

export interface CudaOffer {
  /** Of ONNX Runtime: exactly that of the npm package. */
  readonly version: string;
  /** To be fetched; about as much again is unpacked. */
  readonly sizeBytes: number;
  readonly page: string;
  /** It was fetched before. */
  readonly isInstalled: boolean;
}

/** @throws `invalidInput` on other platforms than Linux x64, `model` when the server cannot be asked */
export const planCuda = defineRequest<CudaParams, CudaOffer>('cuda/plan');
