import type { Ort } from './ort/ort.ts';

/**
 * The same inference, one run a turn: a job that uses it lets previews go between its runs, and waits while it is paused.
 *
 * @param takeTurn as jobs get it
 */
export function takingTurns(ort: Ort, takeTurn: <T>(work: () => Promise<T>) => Promise<T>): Ort {
  return {
    ...ort,
    createSession: async (params, signal) => {
      const session = await takeTurn(() => ort.createSession(params, signal));
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        loadMs: session.loadMs,
        get isAlive() {
          return session.isAlive;
        },
        run: (...args) => takeTurn(() => session.run(...args)),
        release: () => session.release(),
      };
    },
  };
}
