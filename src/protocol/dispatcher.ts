import { FeaturescopeError } from './errors.ts';
import type { Settled } from './provider.ts';
import type { CallOptions, Caller, Handler, HandlerContext, RequestDefinition } from './request.ts';

type AnyHandler = Handler<unknown, unknown, unknown>;

/** Goes around every handler: it may change what is asked for, and ask again. */
export type Around = (
  params: unknown,
  context: HandlerContext<unknown>,
  handle: (params: unknown) => Promise<unknown>,
) => Promise<unknown>;

/**
 * A table of handlers. A connection serves it to another process; the command line calls it directly, so both run
 * the same engine code.
 */
export class Dispatcher implements Caller {
  readonly #handlers = new Map<string, AnyHandler>();
  readonly #around: Around;

  constructor(around: Around = (params, _context, handle) => handle(params)) {
    this.#around = around;
  }

  handle<Params, Result, Progress>(
    definition: RequestDefinition<Params, Result, Progress>,
    handler: Handler<Settled<Params>, Result, Progress>,
  ): void {
    if (this.#handlers.has(definition.method)) {
      throw new Error(`Two handlers for ${definition.method}`);
    }
    this.#handlers.set(definition.method, handler as AnyHandler);
  }

  get methods(): string[] {
    return [...this.#handlers.keys()];
  }

  async request<Params, Result, Progress>(
    definition: RequestDefinition<Params, Result, Progress>,
    params: Params,
    options: CallOptions<Progress> = {},
  ): Promise<Result> {
    const signal = options.signal ?? new AbortController().signal;
    const progress = (options.onProgress ?? (() => undefined)) as (value: unknown) => void;
    return (await this.dispatch(definition.method, params, { signal, progress })) as Result;
  }

  /** Untyped entry for a connection. @throws FeaturescopeError always of our class */
  async dispatch(
    method: string,
    params: unknown,
    context: { signal: AbortSignal; progress: (value: unknown) => void },
  ): Promise<unknown> {
    const handler = this.#handlers.get(method);
    if (!handler) throw new FeaturescopeError('protocol', `No handler for ${method}`);
    try {
      return await this.#around(params, context, (settled) =>
        Promise.resolve(handler(settled, context)),
      );
    } catch (error) {
      throw FeaturescopeError.from(error);
    }
  }
}
