/** Runtime-free carrier of a request's three types. */
declare const types: unique symbol;

/**
 * A request as one exported constant: its wire name `noun/verb`, and the types of params, result and progress.
 * Used by caller and handler alike, so that they cannot disagree.
 */
export interface RequestDefinition<Params, Result, Progress> {
  readonly method: `${string}/${string}`;
  readonly [types]?: (params: Params) => [Result, Progress];
}

export function defineRequest<Params, Result, Progress = never>(
  method: `${string}/${string}`,
): RequestDefinition<Params, Result, Progress> {
  return { method };
}

/** A message without an answer: state that was pushed, or a log record. */
export interface NotificationDefinition<Params> {
  readonly method: `${string}/${string}`;
  readonly [types]?: (params: Params) => void;
}

export function defineNotification<Params>(
  method: `${string}/${string}`,
): NotificationDefinition<Params> {
  return { method };
}

export interface CallOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a handler gets beside its params. `signal` aborts when the caller cancels or the connection closes. */
export interface HandlerContext<Progress> {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

export type Handler<Params, Result, Progress> = (
  params: Params,
  context: HandlerContext<Progress>,
) => Promise<Result> | Result;

/** Anything that requests can be sent to: a connection to another process, or a dispatcher in this one. */
export interface Caller {
  request<Params, Result, Progress>(
    definition: RequestDefinition<Params, Result, Progress>,
    params: Params,
    options?: CallOptions<Progress>,
  ): Promise<Result>;
}
