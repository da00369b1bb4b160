import type { BoardCommand, BoardDocument } from '../../protocol/boardPanel.ts';
import { applyCommand, type Step } from './boardDocument.ts';

/** A document with the way that led to it. Steps hold whole documents: variants are shared, so they cost little. */
export interface BoardHistory {
  readonly document: BoardDocument;
  /** What each step began from, newest last, and what it was called. */
  readonly past: readonly Step[];
  /** What was taken back, newest last. */
  readonly future: readonly Step[];
}

/** More than anyone takes back. */
const stepMax = 200;

export const startHistory = (document: BoardDocument): BoardHistory => ({
  document,
  past: [],
  future: [],
});

/** @throws `invalidInput` as `applyCommand` does; the history is then as before */
export function perform(history: BoardHistory, command: BoardCommand): BoardHistory {
  const { document, label } = applyCommand(history.document, command);
  const isContinued =
    command.kind === 'setRecipe' &&
    command.isContinued === true &&
    history.past.at(-1)?.label === label &&
    history.future.length === 0;
  const past = isContinued
    ? history.past
    : [...history.past, { document: history.document, label }].slice(-stepMax);
  return { document, past, future: [] };
}

export function undo({ document, past, future }: BoardHistory): BoardHistory {
  const step = past.at(-1);
  if (!step) return { document, past, future };
  return {
    document: step.document,
    past: past.slice(0, -1),
    future: [...future, { document, label: step.label }],
  };
}

export function redo({ document, past, future }: BoardHistory): BoardHistory {
  const step = future.at(-1);
  if (!step) return { document, past, future };
  return {
    document: step.document,
    past: [...past, { document, label: step.label }],
    future: future.slice(0, -1),
  };
}
