import { type ChildProcess, startChild } from '../../processes/childProcess.ts';

/** What the engine has to know before its first request; it checks the values itself. */
export interface EngineConfig {
  readonly extensionDir: string;
  readonly storageDir: string;
  /** 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
  /** 0 = no limit. */
  readonly memoryBytesMax: number;
  /** '': each model's own. */
  readonly lpipsPath: string;
  /** '': each model's own. */
  readonly clipPath: string;
  readonly idleMinutes: number;
  readonly quotaBytes: number;
}

export const startEngine = (
  path: string,
  config: EngineConfig,
  onNativeLine: (line: string) => void,
  environment: Readonly<Record<string, string>> = {},
): ChildProcess =>
  startChild({
    path,
    title: 'The engine',
    env: { ...environment, FEATURESCOPE_CONFIG: JSON.stringify(config) },
    onNativeLine,
  });
