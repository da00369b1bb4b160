/** What tests inside the extension host tell the process that started them. */
export interface InsideReport {
  readonly results: readonly InsideResult[];
  /** Measured values by name, units in the names. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface InsideResult {
  readonly title: string;
  readonly durationMs: number;
  readonly error?: string;
  readonly isSkipped?: true;
}
