import { type BlockReading, readRunFeatures } from '../../protocol/features.ts';
import type { Caller } from '../../protocol/request.ts';

/** Two pictures that are compared, and the one before. */
const keptCount = 3;

/** Readings of the runs that were looked at last: tree and panel ask for the same ones. */
export class RunReadings {
  readonly #engine: Caller;
  readonly #known = new Map<string, Promise<readonly BlockReading[]>>();

  constructor(engine: Caller) {
    this.#engine = engine;
  }

  async of(runId: string): Promise<readonly BlockReading[]> {
    const known = this.#known.get(runId);
    const readings = known ?? this.#read(runId);
    // Asked for last, dropped last.
    this.#known.delete(runId);
    this.#known.set(runId, readings);
    for (const oldest of [...this.#known.keys()].slice(0, -keptCount)) this.#known.delete(oldest);
    try {
      return await readings;
    } catch (error) {
      if (this.#known.get(runId) === readings) this.#known.delete(runId);
      throw error;
    }
  }

  async #read(runId: string): Promise<readonly BlockReading[]> {
    return (await this.#engine.request(readRunFeatures, { runId })).readings;
  }
}
