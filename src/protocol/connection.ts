import {
  CancellationTokenSource,
  type CancellationToken,
  createMessageConnection,
  type Logger,
  type MessageReader,
  type MessageWriter,
  ProgressType,
  ResponseError,
} from 'vscode-jsonrpc';
import type { Dispatcher } from './dispatcher.ts';
import { cancelled, FeaturescopeError, isErrorData } from './errors.ts';
import type { CallOptions, Caller, NotificationDefinition, RequestDefinition } from './request.ts';

const progressType = new ProgressType<unknown>();
/** Our failures travel as this JSON-RPC error code; what they mean is in `data.code`. */
const failureCode = -32000;

interface Envelope {
  readonly params: unknown;
  /** Present when the caller wants progress. */
  readonly token?: number;
}

/** One end of a conversation between two processes, or between the host and a panel. */
export interface Connection extends Caller {
  notify<Params>(definition: NotificationDefinition<Params>, params: Params): void;
  onNotification<Params>(
    definition: NotificationDefinition<Params>,
    listener: (params: Params) => void,
  ): void;
  /** Rejects all that is pending with `closed` and aborts all that runs. Safe to call twice. */
  dispose(reason?: string): void;
}

/**
 * Speaks JSON-RPC over a reader and a writer; serves `dispatcher` when given. Every request ends: with its result,
 * with a `FeaturescopeError`, or with code `closed` when this end is disposed.
 */
export function connect(
  reader: MessageReader,
  writer: MessageWriter,
  options: { readonly dispatcher?: Dispatcher; readonly logger?: Logger } = {},
): Connection {
  const connection = createMessageConnection(reader, writer, options.logger);
  const running = new Set<AbortController>();
  const pending = new Set<(error: FeaturescopeError) => void>();
  let closedBy: FeaturescopeError | undefined;
  let nextToken = 1;
  /** Read again after every `await`: it may have been closed meanwhile. */
  const closedReason = (): FeaturescopeError | undefined => closedBy;

  connection.onRequest(async (method, ...args: unknown[]) => {
    const token = args.at(-1) as CancellationToken;
    const envelope = args[0] as Envelope;
    const controller = new AbortController();
    running.add(controller);
    const abort = token.onCancellationRequested(() => {
      controller.abort(cancelled());
    });
    if (token.isCancellationRequested) controller.abort(cancelled());
    const progress = (value: unknown): void => {
      if (envelope.token === undefined || closedBy) return;
      connection.sendProgress(progressType, envelope.token, value).catch(() => undefined);
    };
    try {
      if (!options.dispatcher) throw new FeaturescopeError('protocol', `No handler for ${method}`);
      const context = { signal: controller.signal, progress };
      return await options.dispatcher.dispatch(method, envelope.params, context);
    } catch (error) {
      const known = FeaturescopeError.from(error);
      throw new ResponseError(failureCode, known.message, known.toData());
    } finally {
      abort.dispose();
      running.delete(controller);
    }
  });
  connection.onClose(() => {
    dispose('The other side closed the connection.');
  });
  connection.listen();

  async function request<Params, Result, Progress>(
    definition: RequestDefinition<Params, Result, Progress>,
    params: Params,
    { signal, onProgress }: CallOptions<Progress> = {},
  ): Promise<Result> {
    if (closedBy) throw closedBy;
    if (signal?.aborted) throw cancelled();
    const source = new CancellationTokenSource();
    const cancel = (): void => {
      source.cancel();
    };
    signal?.addEventListener('abort', cancel, { once: true });
    const token = onProgress ? nextToken++ : undefined;
    const listener =
      token === undefined
        ? undefined
        : connection.onProgress(progressType, token, (value) => onProgress?.(value as Progress));
    const envelope: Envelope = token === undefined ? { params } : { params, token };
    let rejectClosed: ((error: FeaturescopeError) => void) | undefined;
    const closing = new Promise<never>((_, reject) => {
      rejectClosed = reject;
      pending.add(reject);
    });
    try {
      const answer = connection.sendRequest<Result>(definition.method, envelope, source.token);
      return await Promise.race([answer, closing]);
    } catch (error) {
      if (error instanceof ResponseError && isErrorData(error.data)) {
        throw FeaturescopeError.fromData(error.data);
      }
      throw closedReason() ?? FeaturescopeError.from(error);
    } finally {
      if (rejectClosed) pending.delete(rejectClosed);
      signal?.removeEventListener('abort', cancel);
      listener?.dispose();
      source.dispose();
    }
  }

  function dispose(reason = 'The connection was closed.'): void {
    if (closedBy) return;
    closedBy = new FeaturescopeError('closed', reason);
    for (const controller of running) controller.abort(cancelled());
    for (const reject of pending) reject(closedBy);
    pending.clear();
    connection.dispose();
  }

  return {
    request,
    dispose,
    notify: (definition, params) => {
      if (closedBy) return;
      connection.sendNotification(definition.method, { params }).catch(() => undefined);
    },
    onNotification: (definition, listener) => {
      connection.onNotification(definition.method, (envelope: Envelope) => {
        listener(envelope.params as Parameters<typeof listener>[0]);
      });
    },
  };
}
