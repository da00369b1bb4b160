import { modelError } from '../../protocol/errors.ts';
import type { TextEncoderPart } from '../models/modelFolder.ts';
import type { OrtSession } from '../ort/ort.ts';
import { floatsOf, outputNamed, toTensor } from './feeds.ts';
import type { RunMeter } from './runMeter.ts';

/** A text as the U-net sees it. */
export interface TextEmbedding {
  readonly hiddenStates: Float32Array; // [positionCount, width]
  readonly positionCount: number;
  readonly width: number;
  readonly pooled: Float32Array; // [pooledWidth]
}

/** One text encoder and what it is given. */
export interface EncoderInput {
  readonly part: TextEncoderPart;
  readonly session: OrtSession;
  readonly ids: readonly number[]; // [positionCount]
}

/**
 * The penultimate hidden states of every encoder side by side, and the pooled, projected output of the last one.
 *
 * @throws `model` when a graph lacks an output, or the encoders have different numbers of positions
 * @source diffusers 0.42.1 `StableDiffusionXLPipeline.encode_prompt`; checked against test/golden/pipeline
 */
export async function encodeText(
  inputs: readonly EncoderInput[],
  meter: RunMeter,
): Promise<TextEmbedding> {
  const encoded: { values: Float32Array; width: number }[] = [];
  let pooled: Float32Array | undefined;
  for (const [index, { part, session, ids }] of inputs.entries()) {
    const isLast = index === inputs.length - 1;
    // Hidden state 0 is the embedding, so the last of n layers makes number n and the penultimate n - 1.
    const hidden = `hidden_states.${String(part.config.num_hidden_layers - 1)}`;
    const names = [hidden, ...(isLast ? ['text_embeds'] : [])].map((name) =>
      outputNamed(session, part.graph.name, name),
    );
    const outputs = await meter.run(
      session,
      { [inputOf(part, session).name]: toTensor(inputOf(part, session), [1, ids.length], ids) },
      Object.fromEntries(names.map((name) => [name, 'value'])),
    );
    const { dims, values } = floatsOf(outputs, hidden);
    const [, positionCount = 0, width = 0] = dims;
    if (positionCount !== inputs[0]?.ids.length) {
      throw modelError(
        `${part.graph.name} has ${String(positionCount)} positions, the first text encoder ` +
          `${String(inputs[0]?.ids.length)}.`,
      );
    }
    encoded.push({ values, width });
    if (isLast) pooled = floatsOf(outputs, 'text_embeds').values;
  }
  const positionCount = inputs[0]?.ids.length ?? 0;
  return { ...joinByPosition(encoded, positionCount), pooled: pooled ?? new Float32Array() };
}

/** What stands for an absent negative prompt where the model says `force_zeros_for_empty_prompt`. */
export function zerosLike(embedding: TextEmbedding): TextEmbedding {
  return {
    ...embedding,
    hiddenStates: new Float32Array(embedding.hiddenStates.length),
    pooled: new Float32Array(embedding.pooled.length),
  };
}

function inputOf(part: TextEncoderPart, session: OrtSession): OrtSession['inputs'][number] {
  const [input, ...others] = session.inputs;
  if (input && others.length === 0) return input;
  const names = session.inputs.map(({ name }) => name).join(', ');
  throw modelError(`${part.graph.name} should take token ids alone; it takes ${names}.`);
}

function joinByPosition(
  parts: readonly { readonly values: Float32Array; readonly width: number }[],
  positionCount: number,
): Omit<TextEmbedding, 'pooled'> {
  const width = parts.reduce((total, part) => total + part.width, 0);
  const hiddenStates = new Float32Array(positionCount * width);
  let column = 0;
  for (const part of parts) {
    for (let position = 0; position < positionCount; position++) {
      const start = position * part.width;
      hiddenStates.set(part.values.subarray(start, start + part.width), position * width + column);
    }
    column += part.width;
  }
  return { hiddenStates, positionCount, width };
}
