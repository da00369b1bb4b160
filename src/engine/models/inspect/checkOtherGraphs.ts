import { elementType } from '../../onnx/elementTypes.ts';
import type { VaeConfig } from '../configs.ts';
import type { TextEncoderPart } from '../modelFolder.ts';
import type { Findings } from './findings.ts';
import { type InspectedGraph, shapeText, weightNamed } from './graphFacts.ts';

/** Compares a text encoder's graph with its configuration and its tokenizer. */
export function checkTextGraph(
  part: TextEncoderPart,
  { fileName, inputs, outputs, ...rest }: InspectedGraph,
  isLast: boolean,
  findings: Findings,
): void {
  const { config, tokenizer, name } = part;
  const [input, ...others] = inputs;
  if (!input || others.length > 0) {
    const seen = inputs.map((each) => each.name).join(', ');
    findings.error(`${fileName} should take token ids alone; it takes ${seen || 'nothing'}.`);
  }
  const hidden = `hidden_states.${String(config.num_hidden_layers - 1)}`;
  for (const wanted of [hidden, ...(isLast ? ['text_embeds'] : [])]) {
    if (!outputs.some((output) => output.name === wanted)) {
      const seen = outputs.map((each) => each.name).join(', ');
      findings.error(`${fileName} has no output "${wanted}"; it has ${seen || 'none'}.`);
    }
  }
  const made = outputs.find((output) => output.name === hidden)?.dims?.at(-1);
  if (typeof made === 'number' && made !== config.hidden_size) {
    findings.error(
      `${fileName} gives hidden states of ${String(made)} numbers, but ${name}/config.json says hidden_size ${String(config.hidden_size)}.`,
    );
  }
  const embedding = weightNamed({ fileName, inputs, outputs, ...rest }, 'token_embedding.weight');
  const highest = Math.max(...tokenizer.vocabulary.values());
  if (embedding?.[0] !== undefined && highest >= embedding[0]) {
    findings.error(
      `${tokenizer.name} has token ids up to ${String(highest)}, but ${fileName} knows ${String(embedding[0])}. Tokenizer and text encoder are of different models.`,
    );
  }
}

/** Compares the VAE decoder's graph with its configuration, and warns of float16. */
export function checkVaeGraph(
  { fileName, inputs, outputs }: InspectedGraph,
  config: VaeConfig,
  findings: Findings,
): void {
  const [input, ...otherInputs] = inputs;
  const [output, ...otherOutputs] = outputs;
  if (!input || !output || otherInputs.length + otherOutputs.length > 0) {
    findings.error(
      `${fileName} should have one input and one output; it has ${String(inputs.length)} and ${String(outputs.length)}.`,
    );
    return;
  }
  const channels = input.dims?.[1];
  if (typeof channels === 'number' && channels !== config.latent_channels) {
    findings.error(
      `${fileName}: the input "${input.name}" is ${shapeText(input.dims)}, but vae_decoder/config.json says latent_channels ${String(config.latent_channels)}.`,
    );
  }
  const colours = output.dims?.[1];
  if (typeof colours === 'number' && colours !== 3) {
    findings.error(
      `${fileName}: the output "${output.name}" is ${shapeText(output.dims)}, which is no picture of three colours.`,
    );
  }
  if (input.elementType === elementType.float16 && config.force_upcast === true) {
    findings.warn(
      `${fileName} computes in float16, but vae_decoder/config.json says force_upcast: its values may leave float16's range, and pictures then fail. A decoder in float32, or madebyollin/sdxl-vae-fp16-fix, does not.`,
    );
  }
}
