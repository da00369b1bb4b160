import type { Dispatcher } from '../protocol/dispatcher.ts';
import { freeMemory, readResident } from '../protocol/resident.ts';
import type { Models } from './models.ts';
import type { RunnerGauge } from './ort/ort.ts';

interface Ports {
  readonly models: Models;
  readonly ort: RunnerGauge;
}

/** What is in memory, and how it gets out. */
export function registerResident(dispatcher: Dispatcher, { models, ort }: Ports): void {
  dispatcher.handle(readResident, async () => ({
    model: models.resident,
    runner: await ort.status(),
  }));
  dispatcher.handle(freeMemory, async (_params, { signal }) => {
    await models.unload(signal);
    return null;
  });
}
