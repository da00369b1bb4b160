import type { ModelStage } from '../../../protocol/models.ts';
import { elementType } from '../../onnx/elementTypes.ts';
import { findStages, type FoundStages } from '../../onnx/findStages.ts';
import type { Dim } from '../../onnx/valueTypes.ts';
import type { TextEncoderConfig, UnetConfig } from '../configs.ts';
import { graphReadBytesMax } from '../limits.ts';
import type { Findings } from './findings.ts';
import { type InspectedGraph, type Port, shapeText, weightNamed } from './graphFacts.ts';

const floats: readonly number[] = [elementType.float32, elementType.float16];

/**
 * Compares the U-net's graph with its configuration and with the text encoders that feed it.
 *
 * @returns its attention stages; empty when it has none that can be tapped
 */
export function checkUnetGraph(
  unet: InspectedGraph,
  graphBytes: number,
  config: UnetConfig,
  encoders: readonly TextEncoderConfig[],
  findings: Findings,
): readonly ModelStage[] {
  checkInputs(unet, config, encoders, findings);
  checkOutput(unet, config, findings);
  const first = weightNamed(unet, 'conv_in.weight');
  const [width] = config.block_out_channels ?? [];
  if (first && width !== undefined && (first[0] !== width || first[1] !== config.in_channels)) {
    findings.error(
      `${unet.fileName}: conv_in has the weights [${first.join(', ')}], but unet/config.json says ` +
        `${String(width)} channels from ${String(config.in_channels)}. Graph and configuration are of different models.`,
    );
  }
  if (graphBytes > graphReadBytesMax) {
    findings.warn(
      `${unet.fileName} holds its weights itself (${String(graphBytes)} bytes; at most ${String(graphReadBytesMax)} can be ` +
        'changed): pictures can be made, but no features read. Export it with external data.',
    );
    return [];
  }
  return checkStages(unet, config, findings);
}

function checkInputs(
  { fileName, inputs }: InspectedGraph,
  config: UnetConfig,
  encoders: readonly TextEncoderConfig[],
  findings: Findings,
): void {
  const textWidth = encoders.reduce((sum, { hidden_size: size }) => sum + size, 0);
  const pooled = encoders.at(-1)?.projection_dim;
  const wanted: Readonly<Record<string, readonly (number | undefined)[]>> = {
    sample: [undefined, config.in_channels, undefined, undefined],
    encoder_hidden_states: [undefined, undefined, textWidth || undefined],
    ...(config.addition_embed_type === 'text_time' && {
      text_embeds: [undefined, pooled],
      time_ids: [undefined, 6],
    }),
  };
  const known = [...Object.keys(wanted), 'timestep', 'text_embeds', 'time_ids'];
  for (const { name } of inputs) {
    if (!known.includes(name)) {
      findings.error(
        `${fileName} wants the input "${name}", which is not known; known are ${[...new Set(known)].join(', ')}.`,
      );
    }
  }
  for (const name of ['timestep', ...Object.keys(wanted)]) {
    const port = inputs.find((input) => input.name === name);
    if (!port) {
      const seen = inputs.map((input) => input.name).join(', ');
      findings.error(`${fileName} has no input "${name}"; it has ${seen || 'none'}.`);
    } else if (name !== 'timestep') {
      checkPort(fileName, port, wanted[name] ?? [], findings);
    }
  }
  const sample = inputs.find(({ name }) => name === 'sample');
  warnOfFixedSizes(fileName, sample?.dims ?? [], findings);
}

function checkPort(
  fileName: string,
  { name, elementType: type, dims }: Port,
  wanted: readonly (number | undefined)[],
  findings: Findings,
): void {
  if (!floats.includes(type)) {
    findings.error(
      `${fileName}: the input "${name}" has ONNX's element type ${String(type)}; float32 (1) and float16 (10) are supported.`,
    );
  }
  if (!dims) return;
  const fits =
    dims.length === wanted.length &&
    dims.every(
      (dim, axis) => typeof dim !== 'number' || (wanted[axis] ?? dim) === dim,
    );
  if (!fits) {
    findings.error(
      `${fileName}: the input "${name}" is ${shapeText(dims)}, but the configurations want ${shapeText(wanted)}.`,
    );
  }
}

function warnOfFixedSizes(fileName: string, dims: readonly Dim[], findings: Findings): void {
  const [rows, , height, width] = dims;
  if (typeof rows === 'number') {
    findings.warn(
      `${fileName} is fixed to ${String(rows)} ${rows === 1 ? 'row, so guidance needs two passes' : 'rows'}.`,
    );
  }
  if (typeof height === 'number' && typeof width === 'number') {
    findings.warn(
      `${fileName} is fixed to latents of ${String(height)} x ${String(width)}: pictures of other sizes cannot be made.`,
    );
  }
}

function checkOutput(
  { fileName, outputs }: InspectedGraph,
  { in_channels: channels }: UnetConfig,
  findings: Findings,
): void {
  const [output, ...others] = outputs;
  if (!output || others.length > 0) {
    findings.error(
      `${fileName} should have one output; it has ${outputs.map(({ name }) => name).join(', ') || 'none'}.`,
    );
    return;
  }
  const made = output.dims?.[1];
  if (typeof made === 'number' && made !== channels) {
    findings.error(
      `${fileName}: the output "${output.name}" has ${String(made)} channels, latents have ${String(channels)}.`,
    );
  }
}

function checkStages(
  { fileName, graph }: InspectedGraph,
  config: UnetConfig,
  findings: Findings,
): readonly ModelStage[] {
  let found: FoundStages;
  try {
    found = findStages(graph);
  } catch (error) {
    findings.error(`${fileName}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  for (const { path, reason } of found.refused) {
    findings.warn(`${fileName}: ${path} cannot be tapped, since ${reason}.`);
  }
  const widths = config.block_out_channels;
  for (const { name, path, width } of found.stages) {
    const wanted = widths && widthOf(path, widths);
    if (width !== undefined && wanted !== undefined && width !== wanted) {
      findings.error(
        `${fileName}: the stage ${name} has ${String(width)} channels, but unet/config.json says ${String(wanted)}.`,
      );
    }
  }
  return found.stages.map(({ name, width }) => ({ name, width }));
}

/** Channels of a stage by its place: the way up runs through the widths backwards. */
function widthOf(path: string, widths: readonly number[]): number | undefined {
  const [, side, index] = /^(down|up)_blocks\.(\d+)\./.exec(path) ?? [];
  if (path.startsWith('mid_block.')) return widths.at(-1);
  if (side === undefined) return undefined;
  return side === 'down' ? widths[Number(index)] : widths.toReversed()[Number(index)];
}
