import type { Provider } from './provider.ts';

/** The closed set of reasons for which a request can fail; `host/report.ts` turns them into words and an action. */
export type ErrorCode =
  'cancelled' | 'closed' | 'protocol' | 'invalidInput' | 'model' | 'outOfMemory' | 'internal';

/** What of an error crosses a process boundary (in `ResponseError.data`). */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  /** Native or stack lines for the log; never shown as the main text. */
  readonly detail?: string;
  /** What computed when it failed, where that may be why; never the CPU. */
  readonly provider?: Provider;
}

interface ErrorOptions {
  readonly cause?: unknown;
  readonly detail?: string | undefined;
  readonly provider?: Provider | undefined;
}

/** The one error class of this project. The message is written for the person: cause, value, allowed range. */
export class FeaturescopeError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly provider: Provider | undefined;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FeaturescopeError';
    this.code = code;
    this.detail = options?.detail;
    this.provider = options?.provider;
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.provider && { provider: this.provider }),
    };
  }

  static fromData({ code, message, detail, provider }: ErrorData): FeaturescopeError {
    return new FeaturescopeError(code, message, { detail, provider });
  }

  /** Wraps whatever was thrown; our own errors pass unchanged. */
  static from(thrown: unknown): FeaturescopeError {
    if (thrown instanceof FeaturescopeError) return thrown;
    if (thrown instanceof Error) {
      if (thrown.name === 'AbortError') return cancelled();
      return new FeaturescopeError('internal', thrown.message, {
        cause: thrown,
        ...(thrown.stack === undefined ? {} : { detail: thrown.stack }),
      });
    }
    return new FeaturescopeError('internal', String(thrown));
  }
}

export const cancelled = (): FeaturescopeError => new FeaturescopeError('cancelled', 'Cancelled.');

export const invalidInput = (message: string): FeaturescopeError =>
  new FeaturescopeError('invalidInput', message);

export const modelError = (message: string, options?: ErrorOptions) =>
  new FeaturescopeError('model', message, options);

export function isErrorData(value: unknown): value is ErrorData {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message } = value as Record<string, unknown>;
  return typeof code === 'string' && typeof message === 'string';
}
