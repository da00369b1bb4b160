import { basename, isAbsolute } from 'node:path';
import * as z from 'zod';
import { invalidInput } from '../protocol/errors.ts';
import { type BuildIndexParams, indexKind, type IndexProgress } from '../protocol/indexes.ts';
import { type IndexJobPorts, indexSaes } from './indexJobs.ts';
import type { JobKind } from './jobs/jobKind.ts';
import { issuesOf } from './models/modelFiles.ts';
import { takingTurns } from './takingTurns.ts';

const path = z.string().refine(isAbsolute, { error: 'must be an absolute path' });

/** Types only: ranges are checked where they are used. */
const schema = z.strictObject({
  modelDir: path,
  setDir: path,
  blocks: z.array(z.string()).optional(),
  outDir: path.optional(),
  exampleLimit: z.int().optional(),
  examplesPerInterval: z.int().optional(),
  thumbnailSize: z.int().optional(),
});

const phases: Readonly<Record<IndexProgress['phase'], readonly [words: string, unit: string]>> = {
  encoding: ['Encoding', 'pictures'],
  maps: ['Drawing maps', 'pictures'],
  neighbours: ['Finding neighbours', 'features'],
  thumbnails: ['Keeping pictures', 'pictures'],
  writing: ['Writing', 'steps'],
};

/** The job Index: SAEs over a collected set, each run in its turn. Started again it goes on where it was stopped. */
export function indexJob(ports: IndexJobPorts): JobKind<BuildIndexParams, IndexProgress> {
  return {
    kind: indexKind,
    check: (params) => {
      const parsed = schema.safeParse(params);
      if (parsed.success) return parsed.data as BuildIndexParams;
      throw invalidInput(`The job cannot be started: ${issuesOf(parsed.error)}`);
    },
    titleOf: ({ setDir, blocks }) =>
      `Index ${blocks?.join(', ') ?? 'all blocks'} over ${basename(setDir)}`,
    describe: ({ phase, block, done, total }) => {
      const [words, unit] = phases[phase];
      return { phase: `${words}, ${block}`, doneCount: done, totalCount: total, unit };
    },
    run: async function* (params, { signal, takeTurn, log }) {
      const ort = takingTurns(ports.ort, takeTurn);
      const made = yield* indexSaes(params, { ...ports, ort }, signal);
      for (const { path: file, block } of made) log('info', `${block}: ${file}`);
      const [first] = made;
      const features = made.reduce((sum, { nFeatures }) => sum + nFeatures, 0);
      return {
        summary: `${features.toLocaleString('en')} features of ${made.length} blocks over ${(first?.pictureCount ?? 0).toLocaleString('en')} pictures`,
        ...(first && { path: first.path }),
      };
    },
  };
}
