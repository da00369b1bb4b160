import { bytesText, countText } from './countText.ts';
import type { ModelInspection } from './models.ts';

/** How to make an ONNX folder of a diffusers model: the text that is copied. */
export const exportText = `# Python 3.10 or newer, on any machine with about three times the model's size of free memory
pip install "optimum-onnx[onnxruntime]" diffusers accelerate
# A model's name on Hugging Face, or a folder in diffusers' form. Float32; add --dtype fp16 for half the size.
optimum-cli export onnx --model stabilityai/sdxl-turbo --task text-to-image sdxl-turbo-onnx
`;

/** What was found in a model folder, line by line: the same in a shell and in the editor. */
export function inspectionText(found: ModelInspection): string {
  const { dir, isUsable, findings, parts, stages, licence, needs, description } = found;
  const lines = [`${description?.title ?? dir}: ${isUsable ? 'can be used' : 'cannot be used'}`];
  for (const { level, text } of findings) lines.push(`  ${level}: ${text}`);
  for (const { name, sizeBytes, weightType, nodeCount } of parts) {
    const graph =
      nodeCount === undefined
        ? 'too large to be looked into'
        : `${nodeCount.toLocaleString('en')} nodes, ${weightType ?? 'no'} weights`;
    lines.push(`  ${name}: ${bytesText(sizeBytes)}, ${graph}`);
  }
  if (stages.length > 0) {
    const named = stages.map(({ name, width }) => `${name} (${String(width ?? '?')})`);
    lines.push(`  blocks that can be studied: ${named.join(', ')}`);
  }
  if (description) {
    const { steps, guidanceScale, width, height } = description.defaults;
    lines.push(
      `  pictures: ${String(width)} x ${String(height)} px, ${countText(steps, 'step')}, guidance ${String(guidanceScale)}`,
      `  disk ${bytesText(needs.diskBytes)}; memory about ${bytesText(needs.memoryBytes)}, free ${bytesText(needs.freeMemoryBytes)}`,
    );
  }
  lines.push(`  licence: ${licence.name} (${licence.source})`);
  return `${lines.join('\n')}\n`;
}

/** "2.1 GB of 6.8 GB" */
export const readOf = ({
  doneBytes,
  totalBytes,
}: {
  readonly doneBytes: number;
  readonly totalBytes: number;
}): string => `${bytesText(doneBytes)} of ${bytesText(totalBytes)}`;
