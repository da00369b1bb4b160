import assert from 'node:assert/strict';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import { aBoard, aCell, addition, boardWithEvidence, outside } from './boardFixtures.ts';
import { boardCsv } from '../../webview/board/boardCsv.ts';
import { LatencyMeter } from '../../webview/board/latencyMeter.ts';
import { isSavedState, savedStateOf } from '../../webview/board/savedState.ts';
import {
  drawnSequence,
  focusOf,
  missingPixels,
  missingReadings,
  type PanelEvent,
  recipeOf,
  reduce,
  shownCell,
  startPainting,
  startState,
} from '../../webview/board/state.ts';

const snapshot = (host: BoardState): PanelEvent => ({ kind: 'snapshot', host, nowMs: 0 });
const after = (...events: readonly PanelEvent[]) => events.reduce(reduce, startState(undefined));
const picture = { width: 1, height: 1, rgb: new Uint8Array(3) };

describe('board panel state', () => {
  it('asks for every picture once, and lets go of those that are gone', () => {
    const shown = after(snapshot(aBoard()));
    assert.deepEqual(missingPixels(shown), ['p-7', 'p-8', 'p-9']);
    const had = reduce(shown, { kind: 'pixels', pictureId: 'p-8', picture });
    assert.deepEqual(missingPixels(had), ['p-7', 'p-9']);
    const { variants } = aBoard().document;
    const document = { ...aBoard().document, variants: variants.slice(1) };
    assert.deepEqual(reduce(had, snapshot(aBoard({ document, columns: [] }))).pixels, {});
    assert.ok(missingPixels(after(snapshot(boardWithEvidence()))).includes('p-30'));
  });

  it('shows a moved control at once, and the picture before until there is a new one', () => {
    const recipe = addition('up.0.1', 36, 12);
    const drafted = reduce(after(snapshot(aBoard())), {
      kind: 'drafted',
      id: 'v2',
      recipe,
      sequence: 3,
    });
    const variant = focusOf(drafted)!;
    assert.equal(recipeOf(drafted, variant), recipe);
    // An answer to an earlier move does not take the control back.
    const [column] = aBoard().columns;
    const columns = [{ ...column!, edited: { v1: column!.edited['v1']! } }];
    const between = reduce(drafted, snapshot(aBoard({ seen: 2, columns })));
    assert.equal(recipeOf(between, variant), recipe);
    assert.deepEqual(shownCell(between, 0, 'v2'), {
      cell: column!.edited['v2'],
      isOutdated: true,
    });
    const settled = reduce(between, snapshot(aBoard({ seen: 3 })));
    assert.equal(settled.draft, null);
    assert.equal(shownCell(settled, 0, 'v2')?.isOutdated, false);
  });

  it('never shows an edited picture beside another original', () => {
    const [column] = aBoard().columns;
    const other = { ...column!, base: { ...column!.base, seed: 8 }, edited: {} };
    const moved = reduce(after(snapshot(aBoard())), snapshot(aBoard({ columns: [other] })));
    assert.equal(shownCell(moved, 0, 'v2'), undefined);
  });

  it('a picture counts as drawn only when its pixels are there', () => {
    const shown = after(snapshot(aBoard({ shown: 4 })));
    assert.equal(drawnSequence(shown), 0);
    assert.equal(drawnSequence(reduce(shown, { kind: 'pixels', pictureId: 'p-9', picture })), 4);
  });

  it('paints when it is asked to, and stops when the variant is gone', () => {
    const asked = after(snapshot(aBoard()), snapshot(aBoard({ paintRequests: 1 })));
    assert.equal(asked.painting?.variantId, 'v2');
    const again = reduce(
      reduce(asked, { kind: 'painting', painting: null }),
      snapshot(aBoard({ paintRequests: 1 })),
    );
    assert.equal(again.painting, null);
    const painting = reduce(again, { kind: 'painting', painting: startPainting('v1', 0) });
    const document = { ...aBoard().document, variants: [] };
    assert.equal(reduce(painting, snapshot(aBoard({ document }))).painting, null);
  });

  it('keeps the document and the pictures that the run store has', () => {
    const [column] = aBoard().columns;
    const v1 = { ...aCell('p-8'), runId: 'run-8' };
    const columns = [{ ...column!, edited: { ...column!.edited, v1 } }];
    const saved = savedStateOf(after(snapshot(aBoard({ columns }))));
    assert.ok(isSavedState(saved));
    assert.deepEqual(
      saved.kept.map(({ variantId, runId }) => [variantId, runId]),
      [['v1', 'run-8']],
    );
    assert.equal(missingReadings(after(snapshot(aBoard()))), 'run-7');
  });
});

describe('latency', () => {
  it('is from the newest move that the picture answers; those it overtook do not count', () => {
    const meter = new LatencyMeter();
    assert.equal(meter.figures, null);
    meter.moved(1, 0);
    meter.moved(2, 50);
    meter.moved(3, 90);
    assert.equal(meter.drawn(2, 250), true);
    assert.deepEqual(meter.figures, { lastMs: 200, p95Ms: 200, count: 1 });
    assert.equal(meter.drawn(2, 300), false);
    assert.equal(meter.drawn(3, 300), true);
    assert.deepEqual(meter.figures, { lastMs: 210, p95Ms: 210, count: 2 });
    // A step of undo was not a move.
    assert.equal(meter.drawn(9, 400), false);
  });
});

describe('board CSV', () => {
  it('has a row a picture, every number unrounded, and no formulas', () => {
    const { columns, document } = aBoard();
    const base = { ...columns[0]!.base, prompt: '=1+1, "x"' };
    const named = document.variants.map((one) => ({
      ...one,
      recipe: { ...one.recipe, name: '+cmd' },
    }));
    const edited = { v2: { ...columns[0]!.edited['v2']!, amounts: [outside] } };
    const csv = boardCsv(
      aBoard({
        document: { ...document, variants: named },
        columns: [{ ...columns[0]!, base, edited }],
      }),
    );
    const lines = csv.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.ok(lines[1]!.startsWith(`'+cmd,"'=1+1, ""x""",7,4,0,128,128,14.5,120,`), lines[1]);
  });
});
