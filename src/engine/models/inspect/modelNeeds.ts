import { freemem } from 'node:os';
import type { ModelDescription } from '../../../protocol/engine.ts';
import type { ModelNeeds } from '../../../protocol/models.ts';
import type { UnetConfig, VaeConfig } from '../configs.ts';
import { pixelsPerCell } from '../describeModel.ts';

interface NeedsFacts {
  readonly description: ModelDescription;
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  readonly diskBytes: number;
  /** Float16 weights that a CPU computes with in float32. */
  readonly halfBytes: number;
}

/**
 * Memory for a picture of the default size on the CPU,
 * ```
 * weights + 2 · float16 weights + max(attention, decoding)
 * attention = 2 · rows · heads · tokens² · 4 bytes    scores and their softmax, at the finest level with attention
 * decoding = 4 · height · width · channels · 4 bytes  a ResNet's tensors at the decoder's last level
 * ```
 * A figure to compare with what is free, not a promise: ONNX Runtime plans its memory itself.
 */
export function modelNeeds(facts: NeedsFacts): ModelNeeds {
  const { description, unet, vae, diskBytes, halfBytes } = facts;
  const { width, height, guidanceScale } = description.defaults;
  const rows = guidanceScale > 1 ? 2 : 1;
  const cell = pixelsPerCell(vae);
  const attention = unet.down_block_types.map((type, level) => {
    if (!type.startsWith('CrossAttn')) return 0;
    const tokens = ((width / cell) * (height / cell)) / 4 ** level;
    return 2 * rows * headsOf(unet, level) * tokens ** 2 * 4;
  });
  const decoding = 4 * width * height * (vae.block_out_channels[0] ?? 0) * 4;
  return {
    diskBytes,
    memoryBytes: Math.round(diskBytes + 2 * halfBytes + Math.max(decoding, ...attention)),
    freeMemoryBytes: freemem(),
  };
}

/** What diffusers calls the dimension of a head is, in these U-nets, their number. */
function headsOf({ num_attention_heads: own, attention_head_dim: named }: UnetConfig, level: number): number {
  const value = own ?? named ?? 8;
  return typeof value === 'number' ? value : (value[level] ?? 8);
}
