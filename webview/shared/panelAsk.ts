import { FeaturescopeError } from '../../src/protocol/errors.ts';
import type { Caller, RequestDefinition } from '../../src/protocol/request.ts';

export interface Told {
  readonly said: (text: string) => void;
  readonly failed: (cause: string) => void;
}

/** Words for the person, as every panel's state takes them. */
type ToldEvent =
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

/** Tells a panel's state what was said and what failed. */
export const toldBy = (send: (event: ToldEvent) => void): Told => ({
  said: (text) => {
    send({ kind: 'said', text });
  },
  failed: (cause) => {
    send({ kind: 'failed', cause });
  },
});

/** Sends a request and says what came of it; what was cancelled was meant to be. @returns whether it was done */
export async function ask<Params>(
  host: Caller,
  definition: RequestDefinition<Params, null, never>,
  params: Params,
  { said, failed }: Told,
  done?: string,
): Promise<boolean> {
  try {
    await host.request(definition, params);
    if (done !== undefined) said(done);
    return true;
  } catch (error) {
    const { code, message } = FeaturescopeError.from(error);
    if (code !== 'cancelled') failed(message);
    return false;
  }
}
