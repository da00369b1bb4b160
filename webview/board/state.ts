import type { BoardCell, BoardState, BoardVariant } from '../../src/protocol/boardPanel.ts';
import type { Picture } from '../../src/protocol/engine.ts';
import type { BlockReading } from '../../src/protocol/features.ts';
import type { EditRecipe } from '../../src/protocol/recipe.ts';
import type { CellRectangle } from '../shared/picture/cells.ts';
import type { DifferenceKind } from './difference.ts';
import type { LatencyFigures } from './latencyMeter.ts';
import type { PaintMask } from './paintMask.ts';
import type { SavedState } from './savedState.ts';

export const compares = ['side', 'blink', 'swipe', 'difference'] as const;
export type Compare = (typeof compares)[number];

export const paintTools = ['brush', 'rectangle', 'cell', 'pan'] as const;
export type PaintTool = (typeof paintTools)[number];

/** Painting of one edit's mask. */
export interface Painting {
  readonly variantId: string;
  readonly editIndex: number;
  readonly tool: PaintTool;
  readonly isErasing: boolean;
  /** Pixels of the picture. */
  readonly radius: number;
  /** 0 ... 1. */
  readonly softness: number;
  /** Of a heat map, as a share of its largest value. */
  readonly threshold: number;
  /** Cells with weights, or the pixels as painted. */
  readonly isShowingCells: boolean;
  /** Chosen cells, to be filled or cleared. */
  readonly rectangle: CellRectangle | null;
  /** The stroke that is being drawn; it becomes an edit when the brush is lifted. */
  readonly stroke: PaintMask | null;
}

export interface PanelState {
  /** The last snapshot; null before the first. */
  readonly host: BoardState | null;
  /** By picture id; null when they could not be had. */
  readonly pixels: Readonly<Record<string, Picture | null>>;
  readonly readings: { readonly runId: string; readonly blocks: readonly BlockReading[] } | null;
  /** A recipe on its way to the host: what controls show until the host has it. */
  readonly draft: {
    readonly id: string;
    readonly recipe: EditRecipe;
    readonly sequence: number;
  } | null;
  /** The last picture of each cell: shown, and marked, while the new one is made. */
  readonly last: Readonly<Record<string, BoardCell>>;
  readonly compare: Compare;
  /** Blink shows the edited picture now. */
  readonly isEditedShown: boolean;
  /** 0 ... 1 of the width. */
  readonly swipe: number;
  readonly difference: DifferenceKind;
  readonly hasCommonScale: boolean;
  readonly painting: Painting | null;
  readonly latency: LatencyFigures | null;
  /** When the panel first heard of the job that is on, by `performance.now()`. */
  readonly jobStartedMs: number | null;
  /** The panel's own failures; the host's are in its state. */
  readonly trouble: string | null;
  /** What came of the last thing that was done. */
  readonly said: string;
}

/** What controls change, by field. */
export type Choices = Pick<
  PanelState,
  'compare' | 'isEditedShown' | 'swipe' | 'difference' | 'hasCommonScale'
>;

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: BoardState; readonly nowMs: number }
  | { readonly kind: 'pixels'; readonly pictureId: string; readonly picture: Picture | null }
  | {
      readonly kind: 'readings';
      readonly runId: string;
      readonly blocks: readonly BlockReading[];
    }
  | {
      readonly kind: 'drafted';
      readonly id: string;
      readonly recipe: EditRecipe;
      readonly sequence: number;
    }
  | { readonly kind: 'chosen'; readonly choices: Partial<Choices> }
  | { readonly kind: 'painting'; readonly painting: Painting | null }
  | { readonly kind: 'painted'; readonly change: Partial<Painting> }
  | { readonly kind: 'measured'; readonly latency: LatencyFigures | null }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

export function startState(saved: SavedState | undefined): PanelState {
  return {
    host: null,
    pixels: {},
    readings: null,
    draft: null,
    last: {},
    compare: saved?.ui.compare ?? 'side',
    isEditedShown: true,
    swipe: 0.5,
    difference: saved?.ui.difference ?? 'change',
    hasCommonScale: saved?.ui.hasCommonScale ?? true,
    painting: null,
    latency: null,
    jobStartedMs: null,
    trouble: null,
    said: '',
  };
}

export const startPainting = (variantId: string, editIndex: number): Painting => ({
  variantId,
  editIndex,
  tool: 'brush',
  isErasing: false,
  radius: 12,
  softness: 0.3,
  threshold: 0.5,
  isShowingCells: true,
  rectangle: null,
  stroke: null,
});

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot':
      return takeSnapshot(state, event.host, event.nowMs);
    case 'pixels':
      return { ...state, pixels: { ...state.pixels, [event.pictureId]: event.picture } };
    case 'readings':
      return { ...state, readings: { runId: event.runId, blocks: event.blocks } };
    case 'drafted': {
      const { id, recipe, sequence } = event;
      return { ...state, draft: { id, recipe, sequence }, trouble: null };
    }
    case 'chosen':
      return { ...state, ...event.choices, said: '' };
    case 'painting':
      return { ...state, painting: event.painting };
    case 'painted':
      return { ...state, painting: state.painting && { ...state.painting, ...event.change } };
    case 'measured':
      return { ...state, latency: event.latency };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

function takeSnapshot(state: PanelState, host: BoardState, nowMs: number): PanelState {
  const { draft, painting } = state;
  const last = lastCells(state, host);
  const ids = new Set([...pictureIdsOf(host), ...Object.values(last).map((one) => one.pictureId)]);
  const isPaintable =
    painting &&
    host.document.variants.some(
      ({ id, recipe }) => id === painting.variantId && painting.editIndex < recipe.edits.length,
    );
  const isAsked = host.paintRequests > (state.host?.paintRequests ?? host.paintRequests);
  const isFirstAsked = state.host === null && host.paintRequests > 0;
  return {
    ...state,
    host,
    last,
    pixels: Object.fromEntries(Object.entries(state.pixels).filter(([id]) => ids.has(id))),
    readings: state.readings?.runId === host.document.baseRunId ? state.readings : null,
    draft: draft && draft.sequence > host.seen ? draft : null,
    painting:
      (isAsked || isFirstAsked) && host.focusId !== null
        ? startPainting(host.focusId, 0)
        : isPaintable
          ? painting
          : null,
    jobStartedMs: host.job ? (state.jobStartedMs ?? nowMs) : null,
  };
}

const cellKey = (columnIndex: number, variantId: string): string => `${columnIndex} ${variantId}`;

/** What was shown stays until there is something newer, unless the column is about another picture now. */
function lastCells(state: PanelState, host: BoardState): Record<string, BoardCell> {
  const cells: Record<string, BoardCell> = {};
  host.columns.forEach(({ base, edited }, columnIndex) => {
    const before = state.host?.columns[columnIndex];
    const isSame = before && JSON.stringify(before.base) === JSON.stringify(base);
    for (const { id } of host.document.variants) {
      const key = cellKey(columnIndex, id);
      const cell = edited[id] ?? (isSame ? state.last[key] : undefined);
      if (cell) cells[key] = cell;
    }
  });
  return cells;
}

export interface ShownCell {
  readonly cell: BoardCell;
  /** Of an earlier recipe: the new picture is not made yet. */
  readonly isOutdated: boolean;
}

export function shownCell(
  { host, last }: PanelState,
  columnIndex: number,
  variantId: string,
): ShownCell | undefined {
  const cell = host?.columns[columnIndex]?.edited[variantId];
  if (cell) return { cell, isOutdated: false };
  const before = last[cellKey(columnIndex, variantId)];
  return before && { cell: before, isOutdated: true };
}

/** A variant as its controls show it. */
export const recipeOf = ({ draft }: PanelState, { id, recipe }: BoardVariant): EditRecipe =>
  draft?.id === id ? draft.recipe : recipe;

export const focusOf = ({ host }: PanelState): BoardVariant | undefined =>
  host?.document.variants.find(({ id }) => id === host.focusId);

function pictureIdsOf({ columns, evidence, icons }: BoardState): string[] {
  const cells: (BoardCell | null | undefined)[] = columns.flatMap(({ original, edited }) => [
    original,
    ...Object.values(edited),
  ]);
  const strips = [...icons];
  for (const { controls, strip } of Object.values(evidence)) {
    if (controls) cells.push(controls.effect, ...controls.controls.map(({ cell }) => cell));
    if (strip) strips.push(strip);
  }
  for (const { original, pictures } of strips) {
    cells.push(original, ...pictures.map(({ cell }) => cell));
  }
  return cells.flatMap((cell) => cell?.pictureId ?? []);
}

export const missingPixels = ({ host, pixels }: PanelState): string[] =>
  host ? pictureIdsOf(host).filter((id) => !(id in pixels)) : [];

export function missingReadings({ host, readings }: PanelState): string | null {
  const runId = host?.document.baseRunId ?? null;
  return runId === readings?.runId ? null : runId;
}

/** The newest command whose picture can be drawn: what latency is measured to. */
export function drawnSequence({ host, pixels }: PanelState): number {
  if (!host) return 0;
  const cell = host.columns[host.focusColumn]?.edited[host.focusId ?? ''];
  return cell && pixels[cell.pictureId] ? host.shown : 0;
}
