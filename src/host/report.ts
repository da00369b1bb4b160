import { FeaturescopeError } from '../protocol/errors.ts';
import type { LogRecord } from '../protocol/log.ts';
import type { ProviderFailure } from '../protocol/provider.ts';
import type { Problem, ProblemAction } from '../protocol/resultPanel.ts';
import { providerNames } from './actions/providerNames.ts';

/** What the person was about to do, where it decides which action helps. */
export type Doing = 'work' | 'save';

export interface ReportPorts {
  readonly isTrusted: () => boolean;
  readonly log: (record: LogRecord) => void;
  /** Shows an error with buttons and answers which one was pressed. */
  readonly notify: (text: string, ...buttons: string[]) => PromiseLike<string | undefined>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

const showLogLabel = 'Show Log';
const labels: Readonly<Record<ProblemAction, string>> = {
  restartEngine: 'Restart Engine',
  openSettings: 'Open Settings',
  chooseModel: 'Choose Model',
  chooseProvider: 'Choose Provider',
  saveElsewhere: 'Save Elsewhere…',
  trustWorkspace: 'Manage Workspace Trust',
};

/** The only place that decides what a person sees of an error: cause, at most one action, and the log. */
export class Report {
  readonly #ports: ReportPorts;

  constructor(ports: ReportPorts) {
    this.#ports = ports;
  }

  /** @returns undefined when there is nothing to say: what was cancelled was meant to be */
  problem(thrown: unknown, doing: Doing = 'work'): Problem | undefined {
    const error = FeaturescopeError.from(thrown);
    if (error.code === 'cancelled') return undefined;
    const text = [error.message, error.detail].filter(Boolean).join('\n');
    this.#ports.log({ level: 'error', room: 'host', text: `${error.code}: ${text}` });
    if (!this.#ports.isTrusted()) return restrictedMode;
    const action = doing === 'save' ? saveAction(error) : workAction(error);
    return action ? problemWith(causeOf(error), action) : { cause: causeOf(error) };
  }

  /** Tells of an error that belongs to no panel, and does what is chosen. Never rejects. */
  async show(thrown: unknown): Promise<void> {
    const problem = this.problem(thrown);
    const chosen = problem && (await this.ask(problem));
    if (chosen) this.#ports.act(chosen);
  }

  /** Tells that a provider was given up, which is no error: what was asked for goes on. */
  async showFallback({ provider, reason }: ProviderFailure): Promise<void> {
    const cause = `${providerNames[provider]} was chosen automatically and failed: ${reason} The CPU took over.`;
    this.#ports.log({ level: 'warn', room: 'host', text: cause });
    const chosen = await this.ask(problemWith(cause, 'chooseProvider'));
    if (chosen) this.#ports.act(chosen);
  }

  /** Tells of a problem and answers what was chosen; the log opens by itself. */
  async ask({ cause, action }: Problem): Promise<ProblemAction | undefined> {
    const buttons = [...(action ? [action.label] : []), showLogLabel];
    const pressed = await this.#ports.notify(cause, ...buttons);
    if (pressed === showLogLabel) this.#ports.act('showLog');
    return pressed === action?.label ? action?.id : undefined;
  }
}

export const problemWith = (cause: string, id: ProblemAction): Problem => ({
  cause,
  action: { id, label: labels[id] },
});

export const restrictedMode = problemWith(
  'This folder is in Restricted Mode: Featurescope starts no process and reads no model until you trust it.',
  'trustWorkspace',
);

function causeOf({ code, message }: FeaturescopeError): string {
  if (code === 'internal') return `Something in Featurescope went wrong: ${message}`;
  if (code === 'outOfMemory') return `There was not enough memory: ${message}`;
  return message;
}

function workAction({ code, provider }: FeaturescopeError): ProblemAction | undefined {
  if (provider) return 'chooseProvider';
  switch (code) {
    case 'closed':
    case 'protocol':
    case 'outOfMemory':
    case 'internal':
      return 'restartEngine';
    case 'model':
      return 'chooseModel';
    case 'invalidInput':
    case 'cancelled':
      return undefined;
  }
}

const saveAction = ({ code }: FeaturescopeError): ProblemAction =>
  code === 'closed' || code === 'protocol' ? 'restartEngine' : 'saveElsewhere';
