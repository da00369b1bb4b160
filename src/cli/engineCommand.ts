import { join, resolve } from 'node:path';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { CommandContext } from './pictureRun.ts';
import { storageDir } from './storageDir.ts';

/** Starts an engine for one command that makes no picture, and ends it. Errors go to standard error. */
export async function withEngine(
  { packageDir }: CommandContext,
  threadCount: number,
  use: (engine: Engine) => Promise<void>,
): Promise<void> {
  const engine = createEngine(
    { extensionDir: packageDir, storageDir: storageDir(), threadCount },
    { onLog: ({ level, text }) => level === 'error' && process.stderr.write(`${text}\n`) },
  );
  try {
    await use(engine);
  } finally {
    await engine.stop();
  }
}

/** @param model what `--model` said; the embedded model without it */
export const modelDirOf = ({ packageDir }: CommandContext, model: string | undefined): string =>
  resolve(model ?? join(packageDir, 'models', 'mini'));
