import type { ContrastResult, ContrastRow } from '../../src/protocol/contrast.ts';
import type {
  ContrastForm,
  ContrastFormSide,
  ContrastSavedState,
  ContrastState,
} from '../../src/protocol/contrastPanel.ts';

/** What the contrast needs on each side, to be halved. */
const picturesMin = 4;
const seedMax = 2 ** 32 - 1;

export const columns = ['feature', 'auc', 'difference', 'left', 'right', 'q'] as const;
export type Column = (typeof columns)[number];

export interface PanelState {
  readonly host: ContrastState | null;
  readonly form: ContrastForm;
  /** Of the last contrast that ended, in this window or before it was closed. */
  readonly done: { readonly form: ContrastForm; readonly result: ContrastResult } | null;
  readonly sort: { readonly column: Column; readonly isAscending: boolean };
  readonly isConfirmedOnly: boolean;
  readonly trouble: string | null;
  readonly said: string;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: ContrastState }
  | { readonly kind: 'form'; readonly form: Partial<ContrastForm> }
  | { readonly kind: 'sorted'; readonly column: Column }
  | { readonly kind: 'confirmedOnly'; readonly isOn: boolean }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

const emptySide: ContrastFormSide = { kind: 'prompts', text: '', firstSeed: 0 };
const emptyForm: ContrastForm = {
  left: emptySide,
  right: emptySide,
  falseDiscoveryRate: 0.05,
};

export const startState = (saved: ContrastSavedState | undefined): PanelState => ({
  host: null,
  form: saved?.form ?? emptyForm,
  done: saved?.done ?? null,
  sort: { column: 'auc', isAscending: false },
  isConfirmedOnly: true,
  trouble: null,
  said: '',
});

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot': {
      const { status } = event.host;
      const done = status.kind === 'done' ? status : state.done;
      return { ...state, host: event.host, done, trouble: null };
    }
    case 'form':
      return { ...state, form: { ...state.form, ...event.form }, said: '' };
    case 'sorted': {
      const { column } = event;
      const isAscending = state.sort.column === column ? !state.sort.isAscending : column === 'q';
      return { ...state, sort: { column, isAscending } };
    }
    case 'confirmedOnly':
      return { ...state, isConfirmedOnly: event.isOn };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

export const promptsOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);

/** Why a side cannot be used; undefined when it can. */
export function sideProblem(side: ContrastFormSide): string | undefined {
  if (side.kind === 'collected') {
    if (side.setDir === '') return 'No set is chosen yet.';
    return side.pictureCount < picturesMin
      ? `At least ${String(picturesMin)} pictures; the set has ${String(side.pictureCount)}.`
      : undefined;
  }
  const count = side.kind === 'runs' ? side.runIds.length : promptsOf(side.text).length;
  const things = side.kind === 'runs' ? 'runs' : 'prompts, one a line';
  if (count < picturesMin) {
    return `At least ${String(picturesMin)} ${things}; these are ${String(count)}.`;
  }
  if (side.kind === 'prompts' && !(side.firstSeed >= 0 && side.firstSeed <= seedMax)) {
    return `The first seed is a whole number from 0 to ${String(seedMax)}.`;
  }
  return undefined;
}

export const rateProblem = (rate: number): string | undefined =>
  rate >= 0.001 && rate <= 0.5 ? undefined : 'From 0.001 to 0.5.';

export const canStart = ({ form, host }: PanelState): boolean =>
  host !== null &&
  host.status.kind !== 'running' &&
  sideProblem(form.left) === undefined &&
  sideProblem(form.right) === undefined &&
  rateProblem(form.falseDiscoveryRate) === undefined;

/** By how much it separates the sides, whichever has more of it: 0 ... 0.5. */
const separation = ({ measuredOn }: ContrastRow): number => Math.abs(measuredOn.auc - 0.5);

export function shownRows({ done, sort, isConfirmedOnly }: PanelState): readonly ContrastRow[] {
  const rows = (done?.result.rows ?? []).filter(
    ({ isConfirmed }) => isConfirmed || !isConfirmedOnly,
  );
  const sign = sort.isAscending ? 1 : -1;
  return rows.toSorted((a, b) => sign * compare(a, b, sort.column) || a.id - b.id);
}

function compare(a: ContrastRow, b: ContrastRow, column: Column): number {
  const [one, other] = [a.measuredOn, b.measuredOn];
  switch (column) {
    case 'feature':
      return a.block.localeCompare(b.block) || a.id - b.id;
    case 'auc':
      return separation(a) - separation(b);
    case 'difference':
      return one.leftMean - one.rightMean - (other.leftMean - other.rightMean);
    case 'left':
      return one.leftMean - other.leftMean;
    case 'right':
      return one.rightMean - other.rightMean;
    case 'q':
      return one.qValue - other.qValue;
  }
}

/** Rows that are kept over a reload. */
const keptMax = 400;

export const savedStateOf = ({ form, done }: PanelState): ContrastSavedState => ({
  form,
  done: done && done.result.rows.length <= keptMax ? done : null,
});

export function isSavedState(value: unknown): value is ContrastSavedState {
  if (typeof value !== 'object' || value === null) return false;
  const { form, done } = value as Partial<ContrastSavedState>;
  return (
    typeof form === 'object' &&
    isSide(form.left) &&
    isSide(form.right) &&
    typeof form.falseDiscoveryRate === 'number' &&
    (done === null || Array.isArray(done?.result.rows))
  );
}

const isSide = (side: unknown): boolean => {
  const { kind } = (side ?? {}) as Partial<ContrastFormSide>;
  return kind === 'prompts' || kind === 'runs' || kind === 'collected';
};

const csvHead =
  'block,feature,label,aucMeasured,leftMean,rightMean,differenceLow,differenceHigh,pMeasured,qMeasured,aucChosen,pChosen,qChosen,confirmed';

/** All rows with every number, unrounded. */
export function csvOf(rows: readonly ContrastRow[]): string {
  const lines = rows.map(({ block, id, label, measuredOn, chosenOn, isConfirmed }) =>
    [
      ...[block, id, `"${(label?.text ?? '').replaceAll('"', '""')}"`],
      ...[measuredOn.auc, measuredOn.leftMean, measuredOn.rightMean],
      ...[measuredOn.differenceLow, measuredOn.differenceHigh],
      ...[measuredOn.pValue, measuredOn.qValue],
      ...[chosenOn.auc, chosenOn.pValue, chosenOn.qValue, isConfirmed],
    ].join(','),
  );
  return `${[csvHead, ...lines].join('\n')}\n`;
}
