import type { Command } from 'commander';
import { bytesText } from '../protocol/countText.ts';
import { cudaKind, cudaPackage, defaultNugetUrl, planCuda } from '../protocol/cuda.ts';
import { invalidInput } from '../protocol/errors.ts';
import { startJob } from '../protocol/jobs.ts';
import { followJob, withJobs } from './jobRun.ts';
import type { CommandContext } from './pictureRun.ts';

interface CudaOptions {
  readonly nuget: string;
  readonly yes: boolean;
}

/** `featurescope cuda`: ONNX Runtime's CUDA library, fetched by name. */
export function addCudaCommand(program: Command, context: CommandContext): void {
  program
    .command('cuda')
    .description(
      "fetch ONNX Runtime's CUDA library (Linux on x64); goes on where it was interrupted",
    )
    .option('--nuget <address>', 'service index of nuget.org or a mirror', defaultNugetUrl)
    .option('--yes', 'fetch it without showing first how much it is', false)
    .action(({ nuget: indexUrl, yes }: CudaOptions) =>
      withJobs(context, 0, async (engine, updates) => {
        const { version, sizeBytes, page } = await engine.request(planCuda, { indexUrl });
        process.stderr.write(
          `${cudaPackage} ${version}: ${bytesText(sizeBytes)}, MIT licence; ${page}\n`,
        );
        if (!yes) throw invalidInput('Nothing was fetched: add --yes when you want it.');
        const { jobId } = await engine.request(startJob, { kind: cudaKind, params: { indexUrl } });
        const { summary, path } = await followJob(jobId, context.signal, updates);
        process.stdout.write(`${path ?? ''}\n`);
        process.stderr.write(`${summary}\n`);
      }),
    );
}
