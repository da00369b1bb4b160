import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildProcess, startChild } from '../../src/processes/childProcess.ts';
import type { GenerateParams } from '../../src/protocol/engine.ts';
import type { Caller } from '../../src/protocol/request.ts';

const root = join(import.meta.dirname, '..', '..');

export const embeddedModel = join(root, 'models', 'mini');

/** A small picture of the embedded model; tests name what they care about. */
export const smallRequest: GenerateParams = {
  modelDir: embeddedModel,
  prompt: 'a cat on grass',
  negativePrompt: '',
  seed: 1,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerAncestralDiscreteScheduler',
  width: 128,
  height: 128,
  provider: 'cpu',
  keep: false,
};

export interface EngineSession extends Caller {
  readonly child: ChildProcess;
  readonly storageDir: string;
  /** What native code said on standard error. */
  readonly nativeLines: readonly string[];
  stop(): Promise<void>;
}

/**
 * The built engine as the extension runs it: a child process, spoken to over its IPC channel.
 *
 * @param options without a storage folder it gets a fresh one, which `stop` removes
 */
export function startEngineSession(
  options: {
    readonly storageDir?: string;
    readonly threadCount?: number;
    readonly lpipsPath?: string;
    readonly clipPath?: string;
  } = {},
): EngineSession {
  const storageDir = options.storageDir ?? mkdtempSync(join(tmpdir(), 'featurescope-'));
  const nativeLines: string[] = [];
  const child = startChild({
    path: join(root, 'dist', 'engine.cjs'),
    title: 'The engine',
    env: {
      FEATURESCOPE_CONFIG: JSON.stringify({
        extensionDir: root,
        storageDir,
        threadCount: options.threadCount ?? 0,
        lpipsPath: options.lpipsPath ?? '',
        clipPath: options.clipPath ?? '',
        quotaBytes: 2 ** 30,
      }),
    },
    onNativeLine: (line) => nativeLines.push(line),
  });
  return {
    child,
    storageDir,
    nativeLines,
    request: (definition, params, callOptions) =>
      child.connection.request(definition, params, callOptions),
    stop: async () => {
      await child.stop('The test is over.');
      if (options.storageDir === undefined) rmSync(storageDir, { recursive: true, force: true });
    },
  };
}
