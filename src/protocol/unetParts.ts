import { defineRequest } from './request.ts';

export type UnetPartKind = 'input' | 'resnet' | 'attention' | 'downsample' | 'upsample' | 'output';

/** A named layer of a U-net, as its graph has it. */
export interface UnetPart {
  /** Module path in diffusers without `unet.`: `up_blocks.0.attentions.1`. */
  readonly path: string;
  /** Short name: `up.0.1` for an attention stage, `up.0.resnet.1`, `down.0.downsample`, `in`. */
  readonly name: string;
  readonly kind: UnetPartKind;
  /** `down.0`, `mid`, `up.2`; empty for what lies before and behind them. */
  readonly group: string;
  /** Channels of its hidden states; null where the graph does not tell. */
  readonly width: number | null;
  /** How often height and width were halved before it, in comparison with the latents. */
  readonly halvings: number;
  /** Transformer blocks inside an attention stage; 0 elsewhere. */
  readonly depth: number;
  /** Names of the parts whose hidden states it reads; more than one where a skip connection comes in. */
  readonly reads: readonly string[];
}

/** The named layers of a model's U-net in the order in which they run. */
export const describeUnet = defineRequest<{ modelDir: string }, readonly UnetPart[]>(
  'unet/describe',
);
