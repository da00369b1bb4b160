import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { invalidInput } from '../protocol/errors.ts';
import type { FeatureRef } from '../protocol/featurePanel.ts';
import {
  featureCard,
  type FeatureCard,
  type FeatureRow,
  type FeatureSort,
  featureSorts,
  searchFeatures,
} from '../protocol/indexSearch.ts';
import { buildIndex, type IndexProgress, qualityReport } from '../protocol/indexes.ts';
import { modelDirOf } from './modelDirOf.ts';
import { withEngine } from './withEngine.ts';
import { number } from './number.ts';
import type { CommandContext } from './pictureRun.ts';

interface ModelOption {
  readonly model?: string;
}
interface IndexOptions extends ModelOption {
  readonly set: string;
  readonly out?: string;
  readonly blocks?: string;
  readonly examples?: number;
  readonly perInterval?: number;
  readonly thumbnails?: number;
  readonly threads: number;
  readonly json: boolean;
}
interface SearchOptions extends ModelOption {
  readonly block?: string;
  readonly labels?: string;
  readonly sort?: FeatureSort;
  readonly limit: number;
  readonly json: boolean;
}
interface CardOptions extends ModelOption {
  readonly labels?: string;
  readonly json: boolean;
}

/** `featurescope index`, `search` and `card`: what SAE features mean, from a shell. */
export function addIndexCommands(program: Command, context: CommandContext): void {
  const model = ['-m, --model <dir>', 'model folder (default: the embedded model)'] as const;
  program
    .command('index')
    .description('index the SAEs of a model over a collected set; goes on where it was stopped')
    .requiredOption('--set <dir>', 'folder of the collected set')
    .option(...model)
    .option('-o, --out <dir>', 'folder of the index (default: in the storage)')
    .option('-b, --blocks <names>', 'with commas between (default: all with SAE and updates)')
    .option(
      '--examples <number>',
      'only the first so many pictures may be shown',
      number('examples'),
    )
    .option(
      '--per-interval <number>',
      'examples kept by interval, 1 to 64 (default: 12)',
      number('per-interval'),
    )
    .option(
      '--thumbnails <pixels>',
      'longer side of the pictures kept, 16 to 512',
      number('thumbnails'),
    )
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .option('--json', 'print summary and quality report as one JSON object', false)
    .action((options: IndexOptions) => runIndex(options, context));
  program
    .command('search')
    .description('find features by id, label, note or words of prompts; without text list them')
    .argument('[text...]', 'what to look for')
    .option(...model)
    .option('-b, --block <name>', 'one block only')
    .option('--labels <file>', "the workspace's labels file")
    .addOption(new Option('--sort <by>', 'order').choices(featureSorts))
    .option('--limit <number>', 'rows, 1 to 500', number('limit'), 20)
    .option('--json', 'print one JSON object on standard output', false)
    .action((words: string[], options: SearchOptions) =>
      runSearch(words.join(' '), options, context),
    );
  program
    .command('card')
    .description('everything that the index knows of one feature')
    .argument('<id>', 'down.2.1/1674')
    .option(...model)
    .option('--labels <file>', "the workspace's labels file")
    .option('--json', 'print one JSON object on standard output', false)
    .action((id: string, options: CardOptions) => runCard(id, options, context));
}

async function runIndex(options: IndexOptions, context: CommandContext): Promise<void> {
  const modelDir = modelDirOf(context, options.model);
  await withEngine(context, options.threads, async (engine) => {
    const show = progressWriter();
    const made = await engine.request(
      buildIndex,
      {
        modelDir,
        setDir: resolve(options.set),
        ...(options.blocks === undefined ? {} : { blocks: options.blocks.split(',') }),
        ...(options.out === undefined ? {} : { outDir: resolve(options.out) }),
        ...(options.examples === undefined ? {} : { exampleLimit: options.examples }),
        ...(options.perInterval === undefined ? {} : { examplesPerInterval: options.perInterval }),
        ...(options.thumbnails === undefined ? {} : { thumbnailSize: options.thumbnails }),
      },
      { signal: context.signal, onProgress: show },
    );
    if (options.json) {
      const quality = await engine.request(qualityReport, { modelDir });
      process.stdout.write(`${JSON.stringify({ made, quality })}\n`);
      return;
    }
    for (const { path, block, nFeatures, pictureCount } of made) {
      process.stdout.write(`${block}  ${nFeatures} features, ${pictureCount} pictures  ${path}\n`);
    }
  });
}

async function runSearch(
  text: string,
  { block, labels, sort, limit, json, model }: SearchOptions,
  context: CommandContext,
): Promise<void> {
  await withEngine(context, 0, async (engine) => {
    const result = await engine.request(searchFeatures, {
      modelDir: modelDirOf(context, model),
      text,
      offset: 0,
      limit,
      hideDead: true,
      ...(block === undefined ? {} : { blocks: [block] }),
      ...(labels === undefined ? {} : { labelsPath: resolve(labels) }),
      ...(sort === undefined ? {} : { sort }),
    });
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : tableOf(result.rows));
    if (!json)
      process.stderr.write(
        `${result.totalCount} ${result.hasAllWords ? 'found' : 'with some of the words; none has them all'}\n`,
      );
  });
}

async function runCard(
  text: string,
  { labels, json, model }: CardOptions,
  context: CommandContext,
): Promise<void> {
  const feature = parseFeature(text);
  await withEngine(context, 0, async (engine) => {
    const card = await engine.request(featureCard, {
      modelDir: modelDirOf(context, model),
      feature,
      ...(labels === undefined ? {} : { labelsPath: resolve(labels) }),
    });
    // Maps are typed arrays, which JSON would write as objects.
    const plain = (_: string, value: unknown): unknown =>
      value instanceof Float32Array ? Array.from(value) : value;
    process.stdout.write(json ? `${JSON.stringify(card, plain)}\n` : wordsOfCard(card));
  });
}

function parseFeature(text: string): FeatureRef {
  const [, block, id] = /^([\w.-]+)[/#](\d+)$/.exec(text) ?? [];
  if (block !== undefined) return { block, id: Number(id) };
  throw invalidInput(`"${text}" names no feature; write block/id, such as down.2.1/1674.`);
}

const percent = (share: number): string => `${(share * 100).toPrecision(3)} %`;

function tableOf(rows: readonly FeatureRow[]): string {
  const lines = rows.map(({ block, id, density, mean, max, label, words }) =>
    [
      `${block}/${id}`.padEnd(16),
      percent(density).padStart(9),
      mean.toFixed(3).padStart(9),
      max.toFixed(3).padStart(9),
      `  ${label ? `${label.text} (${label.source})` : '-'}`.padEnd(28),
      words.slice(0, 5).join(' '),
    ].join(' '),
  );
  const head = 'feature            density      mean       max  label                        words';
  return `${[head, ...lines].join('\n')}\n`;
}

function wordsOfCard(card: FeatureCard): string {
  const { figures, label, words, neighbours, coActive, examples, hardNegatives } = card;
  const link = ({ block, id }: FeatureRef): string => `${block}/${id}`;
  const lines = [
    `${link(card)}  ${label ? `${label.text} (${label.source}, ${label.provenance})` : 'no label'}`,
    `density ${percent(figures.density)} of ${card.sampleCount} samples, in ${percent(figures.pictureShare)} of ${card.pictureCount} pictures`,
    `strength: mean ${figures.mean.toFixed(4)} (the unit), std ${figures.std.toFixed(4)}, max ${figures.max.toFixed(4)}; locality ${figures.locality.toFixed(3)}`,
    `words: ${words.map(({ word, pictureCount, wordPictureCount }) => `${word} ${pictureCount}/${wordPictureCount}`).join(', ')}`,
    `near: ${neighbours.map((each) => `${link(each)} ${each.cosine.toFixed(2)}`).join(', ')}`,
    `with it: ${coActive.map((each) => `${link(each)} ${each.pmi.toFixed(1)} bit`).join(', ')}`,
    ...examples.map(
      ({ interval, pictures }) =>
        `${interval}: ${pictures
          .slice(0, 3)
          .map(({ peak, prompt }) => `${peak.toFixed(2)} "${prompt}"`)
          .join('; ')}`,
    ),
    `hard negatives: ${hardNegatives
      .slice(0, 3)
      .map(({ prompt }) => `"${prompt}"`)
      .join('; ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** One line that is rewritten on a terminal; elsewhere one line a phase. */
function progressWriter(): (progress: IndexProgress) => void {
  let last = '';
  return ({ phase, block, done, total }) => {
    const isTerminal = process.stderr.isTTY;
    const text = isTerminal ? `${block}: ${phase} ${done} of ${total}` : `${block}: ${phase}`;
    if (text === last) return;
    last = text;
    process.stderr.write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
    if (isTerminal && phase === 'writing' && done === total) process.stderr.write('\n');
  };
}
