import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import {
  activities,
  type FeatureActivity,
  mapOf,
  type Rank,
  ranked,
  ranks,
} from '../numerics/codes.ts';
import { FeaturescopeError, invalidInput } from '../protocol/errors.ts';
import { type BlockReading, exportPictureReadings } from '../protocol/features.ts';
import { encodeNpz, type NamedArray } from './npz.ts';
import { number } from './number.ts';
import {
  addPictureOptions,
  type CommandContext,
  type PictureOptions,
  withPicture,
} from './pictureRun.ts';

interface FeaturesOptions extends PictureOptions {
  readonly prompt: string;
  readonly block?: string;
  readonly rank: Rank;
  readonly top: number;
  readonly maps?: string;
  readonly export?: string;
  readonly updates: boolean;
  readonly json: boolean;
}

/** The strongest features of one block at one step. */
interface RankedBlock {
  readonly block: string;
  readonly path: string;
  /** Only when there are several steps. */
  readonly step?: number;
  readonly features: readonly FeatureActivity[];
}

/** `featurescope features --prompt "a cat on grass"`: which features were active, block by block. */
export function addFeaturesCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('features')
    .description('make one picture and list its strongest features, block by block')
    .requiredOption('-p, --prompt <text>', 'what to draw');
  addPictureOptions(command)
    .option('-b, --block <name>', 'one block only: up.0.1, or its path (default: all with an SAE)')
    .addOption(new Option('--rank <by>', 'order of the features').choices(ranks).default('mean'))
    .option('--top <number>', 'features a block', number('top'), 20)
    .option('--maps <file>', 'write the maps of the listed features: .npz or .json')
    .option('--export <file>', 'write all codes and norms as safetensors')
    .option('--updates', 'with --export: ΔD of every block too; makes the picture twice', false)
    .option('--json', 'print one JSON object on standard output', false)
    .action(async (options: FeaturesOptions) => {
      if (!Number.isInteger(options.top) || options.top < 1) {
        throw invalidInput(`--top is ${String(options.top)}; allowed are whole numbers from 1.`);
      }
      if (options.updates && options.export === undefined) {
        throw invalidInput('--updates needs --export FILE: ΔD goes nowhere else.');
      }
      // Before the picture: it may take minutes.
      if (options.maps !== undefined && !/\.(npz|json)$/.test(options.maps)) {
        throw invalidInput(`--maps is "${options.maps}"; its name must end with .npz or .json.`);
      }
      await withPicture(options.prompt, options, context, async (engine, made, picture) => {
        const { readings } = made;
        const chosen = chooseBlocks(readings, options.block);
        const blocks = chosen.flatMap((block) => rankBlock(block, options));
        if (options.maps !== undefined) writeMaps(options.maps, chosen, blocks);
        if (options.export !== undefined) {
          const params = { picture, readings, path: options.export, withUpdates: options.updates };
          const { reread = [] } = await engine.request(exportPictureReadings, params, context);
          for (const { block, isEqual, largestDifference } of reread) {
            if (isEqual) continue;
            process.stderr.write(
              `Made again, ${block} differs by ${largestDifference.toExponential(1)} of its largest value.\n`,
            );
          }
        }
        process.stdout.write(options.json ? `${JSON.stringify({ blocks })}\n` : tableOf(blocks));
      });
    });
}

function chooseBlocks(
  readings: readonly BlockReading[],
  wanted: string | undefined,
): readonly BlockReading[] {
  if (readings.length === 0) throw invalidInput('The model has no SAEs; import some first.');
  if (wanted === undefined) return readings;
  const path = wanted.replace(/^unet\./, '');
  const found = readings.filter((reading) => reading.block === wanted || reading.path === path);
  if (found.length > 0) return found;
  const names = readings.map(({ block }) => block).join(', ');
  throw invalidInput(`--block is "${wanted}"; blocks with an SAE are ${names}.`);
}

function rankBlock(reading: BlockReading, { rank, top }: FeaturesOptions): RankedBlock[] {
  const { block, path, steps } = reading;
  return steps.map((codes, step) => ({
    block,
    path,
    ...(steps.length > 1 ? { step } : {}),
    features: ranked(activities({ ...reading, ...codes }), rank).slice(0, top),
  }));
}

/** Maps `[features, cellsHigh, cellsWide]` and ids `[features]` by block (and step, when there are several). */
function writeMaps(
  file: string,
  readings: readonly BlockReading[],
  blocks: readonly RankedBlock[],
): void {
  const arrays = blocks.flatMap(({ block, step = 0, features }): NamedArray[] => {
    const reading = readings.find((each) => each.block === block);
    const codes = reading?.steps[step];
    if (!reading || !codes) return [];
    const { cellsHigh, cellsWide, steps } = reading;
    const name = steps.length > 1 ? `${block}/step${String(step)}` : block;
    const ids = features.map(({ id }) => id);
    const maps = ids.map((id) => mapOf({ ...reading, ...codes }, id));
    const values = new Float32Array(ids.length * cellsHigh * cellsWide);
    maps.forEach((map, index) => {
      values.set(map, index * map.length);
    });
    return [
      { name: `${name}/ids`, shape: [ids.length], values: Int32Array.from(ids) },
      { name: `${name}/maps`, shape: [ids.length, cellsHigh, cellsWide], values },
    ];
  });
  const path = resolve(file);
  try {
    writeFileSync(path, path.endsWith('.npz') ? encodeNpz(arrays) : jsonOfArrays(arrays));
  } catch (error) {
    throw new FeaturescopeError('closed', `Cannot write "${path}": ${String(error)}`);
  }
}

const jsonOfArrays = (arrays: readonly NamedArray[]): string =>
  JSON.stringify(
    Object.fromEntries(
      arrays.map(({ name, shape, values }) => [name, { shape, values: Array.from(values) }]),
    ),
  );

function tableOf(blocks: readonly RankedBlock[]): string {
  const lines = blocks.flatMap(({ block, path, step, features }) => [
    `${block}  (${path})${step === undefined ? '' : `  step ${String(step + 1)}`}`,
    '      id      mean       max       sum  cells',
    ...features.map(({ id, mean, max, sum, cells }) =>
      [
        String(id).padStart(8),
        ...[mean, max, sum].map((value) => value.toFixed(3).padStart(10)),
        String(cells).padStart(7),
      ].join(''),
    ),
    '',
  ]);
  return `${lines.join('\n')}\n`;
}
