import { type Command, Option } from 'commander';
import { bytesText } from '../protocol/countText.ts';
import {
  type DownloadContent,
  downloadContents,
  defaultHubUrl,
  downloadKind,
  type DownloadOffer,
  planDownload,
} from '../protocol/downloads.ts';
import { invalidInput } from '../protocol/errors.ts';
import { startJob } from '../protocol/jobs.ts';
import { followJob, withJobs } from './jobRun.ts';
import type { CommandContext } from './pictureRun.ts';

interface DownloadOptions {
  readonly hub: string;
  readonly content: DownloadContent;
  readonly part?: readonly string[];
  readonly yes: boolean;
}

/** `featurescope model download OWNER/NAME`: models, and by `--content` SAEs and labels. */
export function addDownloadCommand(model: Command, context: CommandContext): void {
  model
    .command('download')
    .argument('<owner/name>', 'a repository, maybe with @revision, or datasets/ before it')
    .description(
      'fetch a model, SAEs or labels into the storage folder; goes on where it was interrupted',
    )
    .option(
      '--hub <address>',
      'Hugging Face or a mirror',
      process.env['HF_ENDPOINT'] ?? defaultHubUrl,
    )
    .addOption(
      new Option('--content <what>', 'what is wanted of it')
        .choices(downloadContents)
        .default('model'),
    )
    .option('--part <paths...>', 'of SAEs and labels: only these folders or files')
    .option('--yes', 'fetch it without showing first how much it is', false)
    .action((name: string, { hub: hubUrl, content, part: parts, yes }: DownloadOptions) =>
      withJobs(context, 0, async (engine, updates) => {
        const params = { name, hubUrl, content, ...(parts && { parts }) };
        const offer = await engine.request(planDownload, params);
        process.stderr.write(offerText(offer));
        if (!yes) throw invalidInput('Nothing was fetched: add --yes when you want it.');
        const { jobId } = await engine.request(startJob, {
          kind: downloadKind,
          params: { ...params, name: offer.name },
        });
        const { summary, path } = await followJob(jobId, context.signal, updates);
        process.stdout.write(`${path ?? ''}\n`);
        process.stderr.write(`${summary}\n`);
      }),
    );
}

const offerText = ({ repo, fileCount, sizeBytes, page, parts }: DownloadOffer): string =>
  [
    `${repo}: ${String(fileCount)} files, ${bytesText(sizeBytes)}; terms: ${page}`,
    ...parts.map((part) => `  ${part.path}  ${bytesText(part.sizeBytes)}`),
    '',
  ].join('\n');
