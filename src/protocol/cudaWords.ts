/**
 * How ONNX Runtime's CUDA part is put beside the rest of it: it is no part of the npm package.
 *
 * @source onnxruntime-node's own install script, which names the NuGet package and the files in it
 */
export const cudaText = (ortVersion: string, extensionDir: string): string => {
  const name = 'microsoft.ml.onnxruntime.gpu.linux';
  return `# CUDA for Featurescope: Linux on x64, with an NVIDIA driver, CUDA 12 and cuDNN 9 installed.
# ONNX Runtime's CUDA library comes from nuget.org under the MIT licence; it is some hundred MB. An update of the
# extension takes it away again: then run this once more.
cd "$(mktemp -d)"
curl -LO https://api.nuget.org/v3-flatcontainer/${name}/${ortVersion}/${name}.${ortVersion}.nupkg
unzip -j ${name}.${ortVersion}.nupkg 'runtimes/linux-x64/native/libonnxruntime_providers_*.so' \\
  -d '${extensionDir}/node_modules/onnxruntime-node/bin/napi-v6/linux/x64'
# Then "SAE: Choose Provider" tries it out, and "SAE: Compare Provider with CPU…" says what its numbers are worth.
`;
};
