import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { FeaturescopeError, invalidInput } from '../protocol/errors.ts';
import {
  type Edit,
  type EditRecipe,
  type EditSource,
  type MapKind,
  mapKinds,
  type PaintRows,
  paintRows,
  type Strength,
  strengthUnits,
} from '../protocol/recipe.ts';
import { checkRecipe } from '../protocol/recipeSchema.ts';

/** A recipe is text; one with painted masks and vectors still fits. */
const recipeBytesMax = 64 * 2 ** 20;

export interface EditOptions {
  readonly remove: readonly string[];
  readonly scale: readonly string[];
  readonly add: readonly string[];
  readonly ablate: readonly string[];
  readonly edit: readonly string[];
  readonly recipe?: string;
  readonly maps: MapKind;
  readonly paint: PaintRows;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** The options that say what is edited; each may come several times. */
export function addEditOptions(command: Command): Command {
  return command
    .option('--remove <block/feature>', 'take a feature out: up.0.1/123', collect, [])
    .option('--scale <block/feature=factor>', 'multiply its codes; 0 removes', collect, [])
    .option(
      '--add <block/feature=amount>',
      'add it everywhere; the amount ends with its unit: 5mean, 0.5max, 12raw',
      collect,
      [],
    )
    .option('--ablate <block>', "take a whole block's update away", collect, [])
    .option('--edit <json>', 'any edit as JSON, with its mask and steps', collect, [])
    .option('--recipe <file>', 'a recipe copied as JSON')
    .addOption(
      new Option('--maps <kind>', 'codes of the unedited run, or as the edited run goes')
        .choices(mapKinds)
        .default('static'),
    )
    .addOption(
      new Option('--paint <rows>', 'with guidance, rows that --add paints')
        .choices(paintRows)
        .default('both'),
    );
}

/** @throws `invalidInput` for what is no edit, naming the option and the text */
export function recipeOf(options: EditOptions): EditRecipe {
  const file = options.recipe === undefined ? undefined : readRecipe(options.recipe);
  const { maps, paint: rows } = options;
  const edits: readonly Edit[] = [
    ...(file?.edits ?? []),
    ...options.remove.map((text): Edit => {
      const { block, source } = featureOf(text, '--remove');
      return { kind: 'scale', block, sources: [source], factor: 0, maps };
    }),
    ...options.scale.map((text): Edit => {
      const [name, value] = pairOf(text, '--scale');
      const { block, source } = featureOf(name, '--scale');
      return { kind: 'scale', block, sources: [source], factor: numberOf(value, '--scale'), maps };
    }),
    ...options.add.map((text): Edit => {
      const [name, value] = pairOf(text, '--add');
      const { block, source } = featureOf(name, '--add');
      return { kind: 'add', block, sources: [source], strength: strengthOf(value), rows };
    }),
    ...options.ablate.map((block): Edit => ({ kind: 'ablate', block })),
    ...options.edit.map((text) => jsonOf(text, '--edit') as Edit),
  ];
  if (edits.length === 0) {
    throw invalidInput(
      'Nothing to edit: name features with --remove, --scale or --add, a block with --ablate, or a --recipe.',
    );
  }
  return checkRecipe({ version: 1, ...file, edits }, 'The edit');
}

function readRecipe(path: string): EditRecipe {
  const file = resolve(path);
  let text: string;
  try {
    if (statSync(file).size > recipeBytesMax) throw new Error('it is larger than 64 MiB');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new FeaturescopeError('invalidInput', `Cannot read "${file}": ${String(error)}`);
  }
  return checkRecipe(jsonOf(text, '--recipe'), path);
}

function jsonOf(text: string, option: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidInput(`${option} is not JSON: "${text.slice(0, 80)}".`);
  }
}

/** `up.0.1/123`, or `up.0.1/channel:4` for a channel. */
export function featureOf(text: string, option: string): { block: string; source: EditSource } {
  const match = /^([^/]+)\/(?:(channel):)?(\d+)$/.exec(text);
  const [, block, channel, id] = match ?? [];
  if (block === undefined || id === undefined) {
    throw invalidInput(`${option} is "${text}"; wanted is block/feature, such as up.0.1/123.`);
  }
  return { block, source: channel ? { channel: Number(id) } : { feature: Number(id) } };
}

function pairOf(text: string, option: string): readonly [string, string] {
  const at = text.lastIndexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw invalidInput(`${option} is "${text}"; wanted is block/feature=number.`);
}

function numberOf(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw invalidInput(`${option} has "${text}" for a number.`);
}

/** `5mean`, `0.5max`, `12raw`; without a unit, × mean. */
export function strengthOf(text: string): Strength {
  const unit = strengthUnits.find((each) => text.endsWith(each)) ?? 'mean';
  const value = text.endsWith(unit) ? text.slice(0, -unit.length) : text;
  return { value: numberOf(value, '--add'), unit };
}
