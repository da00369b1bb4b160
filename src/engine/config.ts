import { join } from 'node:path';
import * as z from 'zod';
import { FeaturescopeError } from '../protocol/errors.ts';

/** What the engine is told when it starts: by the host in `FEATURESCOPE_CONFIG`, by the command line directly. */
const configSchema = z.object({
  /** Folder of the installed extension; holds `dist/` and `models/`. */
  extensionDir: z.string().min(1),
  /** Runs, database and caches. */
  storageDir: z.string().min(1),
  /** Threads inside an operator; 0 = ONNX Runtime's own choice. */
  threadCount: z.number().int().min(0).max(256).default(0),
  /** A model that is larger gets by with less memory, in more time; 0: none is. */
  memoryBytesMax: z.number().int().min(0).default(0),
  /** An LPIPS network for all models; '': each model's own, if it has one. */
  lpipsPath: z.string().default(''),
  /** A CLIP network for all models; '': each model's own, if it has one. */
  clipPath: z.string().default(''),
  /** The model is unloaded after so long without work; 0: never. */
  idleMinutes: z.number().min(0).max(10_080).default(0),
  /** Kept runs are trimmed to this size, oldest first. */
  quotaBytes: z.number().int().positive().default(500e6),
});
export type EngineConfig = z.infer<typeof configSchema>;
export type EngineConfigInput = z.input<typeof configSchema>;

/** @throws `protocol` naming the value that is missing or out of range */
export function checkConfig(input: unknown): EngineConfig {
  const parsed = configSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new FeaturescopeError('protocol', `Engine configuration: ${z.prettifyError(parsed.error)}`);
}

export const runnerPathOf = (config: EngineConfig): string =>
  join(config.extensionDir, 'dist', 'runner.cjs');

/** Reads one picture file in a thread of its own. */
export const decoderPathOf = (config: EngineConfig): string =>
  join(config.extensionDir, 'dist', 'decoder.cjs');
