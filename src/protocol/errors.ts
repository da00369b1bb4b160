/** The closed set of reasons for which a request can fail; `host/report.ts` turns them into words and an action. */
export type ErrorCode =
  'cancelled' | 'closed' | 'protocol' | 'invalidInput' | 'model' | 'outOfMemory' | 'internal';

/** What of an error crosses a process boundary (in `ResponseError.data`). */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  /** Native or stack lines for the log; never shown as the main text. */
  readonly detail?: string;
}

/** The one error class of this project. The message is written for the person: cause, value, allowed range. */
export class FeaturescopeError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; detail?: string }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FeaturescopeError';
    this.code = code;
    this.detail = options?.detail;
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }

  static fromData(data: ErrorData): FeaturescopeError {
    return new FeaturescopeError(
      data.code,
      data.message,
      data.detail === undefined ? undefined : { detail: data.detail },
    );
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

export const modelError = (message: string, options?: { cause?: unknown; detail?: string }) =>
  new FeaturescopeError('model', message, options);

export function isErrorData(value: unknown): value is ErrorData {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message } = value as Record<string, unknown>;
  return typeof code === 'string' && typeof message === 'string';
}
