import { createEngine, type Engine } from '../engine/engine.ts';
import type { CommandContext } from './pictureRun.ts';
import { machineSettings, storageDir } from './storageDir.ts';
import { tellFallback } from './tellFallback.ts';

/** Starts an engine for one command and ends it, whatever comes of it. */
export async function withEngine(
  { packageDir }: CommandContext,
  threadCount: number,
  use: (engine: Engine) => Promise<void>,
): Promise<void> {
  const engine = createEngine(
    { extensionDir: packageDir, storageDir: storageDir(), ...machineSettings(), threadCount },
    {
      onLog: ({ level, text }) => level === 'error' && process.stderr.write(`${text}\n`),
      onProviderFailed: tellFallback,
    },
  );
  try {
    await use(engine);
  } finally {
    await engine.stop();
  }
}
