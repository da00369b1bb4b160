/** One engine's life as the interface shows it; which commands are enabled follows from `kind`. */
export type EngineState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'busy'; readonly requestCount: number }
  /** Ended without being asked to; the next request starts a new one. */
  | { readonly kind: 'crashed'; readonly reason: string }
  /** Not started again until a person says Restart. */
  | { readonly kind: 'givenUp'; readonly reason: string; readonly lastLines: readonly string[] };

export type EngineStateKind = EngineState['kind'];
