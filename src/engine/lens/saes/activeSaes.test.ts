import assert from 'node:assert/strict';
import { activeSaes, type KnownSae } from './activeSaes.ts';

const sae = (saeId: string, importedAt?: string, isForOtherWeights = false): KnownSae =>
  ({
    saeId,
    stagePath: 'mid_block.attentions.0',
    origin: importedAt === undefined ? 'model' : 'imported',
    isForOtherWeights,
    ...(importedAt === undefined ? {} : { importedAt }),
  }) as KnownSae;

function found(saes: readonly KnownSae[], chosen?: string) {
  const choices = new Map(chosen === undefined ? [] : [['mid_block.attentions.0', chosen]]);
  const active = activeSaes(saes, choices).get('mid_block.attentions.0');
  return active && [active.sae.saeId, active.because];
}

describe('activeSaes', () => {
  const own = sae('own');
  const first = sae('first', '2026-01-01T00:00:00.000Z');
  const second = sae('second', '2026-01-02T00:00:00.000Z');

  it("takes the model's own while there is no other", () => {
    assert.deepEqual(found([own]), ['own', 'only']);
    assert.equal(found([]), undefined);
  });

  it('takes the one that was imported last, in whatever order they are listed', () => {
    assert.deepEqual(found([own, second, first]), ['second', 'newest']);
    assert.deepEqual(found([first, own]), ['first', 'newest']);
  });

  it('takes the one that somebody chose, and the newest again when it is gone', () => {
    assert.deepEqual(found([own, first, second], 'own'), ['own', 'chosen']);
    assert.deepEqual(found([own, second], 'first'), ['second', 'newest']);
  });

  it('takes one of other weights only when it is chosen', () => {
    const other = sae('other', '2026-01-03T00:00:00.000Z', true);
    assert.deepEqual(found([own, other]), ['own', 'only']);
    assert.equal(found([other]), undefined);
    assert.deepEqual(found([own, other], 'other'), ['other', 'chosen']);
  });
});
