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
  // One after the other in the runner, and the next is there when one ends.
  const running = inputs.map((input, index) =>
    runEncoder(input, index === inputs.length - 1, meter),
  );
  await Promise.allSettled(running); // when one fails, none is left running
  const encoded = await Promise.all(running);
  const positionCount = inputs[0]?.ids.length ?? 0;
  const other = encoded.findIndex((each) => each.positionCount !== positionCount);
  if (other >= 0) {
    throw modelError(
      `${String(inputs[other]?.part.graph.name)} has ${String(encoded[other]?.positionCount)} positions, the first ` +
        `text encoder ${String(positionCount)}.`,
    );
  }
  const pooled = encoded.at(-1)?.pooled ?? new Float32Array();
  return { ...joinByPosition(encoded, positionCount), pooled };
}

interface EncoderOutput {
  readonly values: Float32Array; // [positionCount, width]
  readonly positionCount: number;
  readonly width: number;
  /** Of the last encoder. */
  readonly pooled: Float32Array | undefined;
}

async function runEncoder(
  { part, session, ids }: EncoderInput,
  isLast: boolean,
  meter: RunMeter,
): Promise<EncoderOutput> {
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
  const pooled = isLast ? floatsOf(outputs, 'text_embeds').values : undefined;
  return { values, positionCount, width, pooled };
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
