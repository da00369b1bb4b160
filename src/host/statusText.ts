import type { JobSummary } from '../protocol/jobs.ts';
import { jobProgressText, jobShareText } from '../protocol/jobWords.ts';
import type { ResultStatus } from '../protocol/resultPanel.ts';
import type { EngineState } from './supervisor/engineState.ts';

export interface StatusText {
  readonly text: string;
  readonly tooltip: string;
  readonly background?: 'warning' | 'error';
}

/** What the status item says: the work first, then the engine. */
export function statusText(
  engine: EngineState,
  work: ResultStatus | undefined,
  isTrusted: boolean,
  activeJobs: readonly JobSummary[] = [],
): StatusText {
  if (!isTrusted) {
    return { text: '$(lock) SAE', tooltip: 'Restricted Mode: Featurescope starts nothing.' };
  }
  if (work?.kind === 'running') {
    const { phase, pictureIndex, pictureCount } = work;
    const which =
      pictureCount > 1 ? ` (${String(pictureIndex + 1)} of ${String(pictureCount)})` : '';
    return { text: `$(loading~spin) SAE: ${phase}${which}`, tooltip: 'Making a picture.' };
  }
  const running = activeJobs.find(({ state }) => state === 'running');
  if (running) {
    const { title, progress } = running;
    const words = progress ? jobProgressText(progress) : 'starting';
    const share = progress?.totalCount ? `${progress.phase} ${jobShareText(progress)}` : words;
    return { text: `$(sync~spin) SAE: ${share}`, tooltip: `${title}\n${words}` };
  }
  switch (engine.kind) {
    case 'stopped':
      return { text: '$(circle-outline) SAE', tooltip: 'The engine starts when it is needed.' };
    case 'starting':
      return { text: '$(loading~spin) SAE', tooltip: 'The engine is starting.' };
    case 'ready':
      return { text: '$(circle-filled) SAE', tooltip: 'The engine is ready.' };
    case 'busy':
      return { text: '$(circle-filled) SAE', tooltip: 'The engine is working.' };
    case 'crashed':
      return {
        text: '$(warning) SAE',
        tooltip: `${engine.reason} It starts again when it is needed.`,
        background: 'warning',
      };
    case 'givenUp':
      return {
        text: '$(error) SAE',
        tooltip: [engine.reason, 'Click for Restart.', ...engine.lastLines.slice(-3)].join('\n'),
        background: 'error',
      };
  }
}
