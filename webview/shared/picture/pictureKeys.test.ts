import assert from 'node:assert/strict';
import { keyAction } from './pictureKeys.ts';

const key = (name: string, modifiers: Partial<Parameters<typeof keyAction>[0]> = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});

describe('keyAction', () => {
  it('zooms with plain keys and leaves those with Ctrl to the editor', () => {
    assert.deepEqual(keyAction(key('+'), false), { kind: 'zoomIn' });
    assert.deepEqual(keyAction(key('0'), true), { kind: 'fit' });
    assert.equal(keyAction(key('0', { ctrlKey: true }), true), undefined);
    assert.equal(keyAction(key('Enter', { metaKey: true }), true), undefined);
  });

  it('moves the cell where there are cells, and the picture where there are none', () => {
    assert.deepEqual(keyAction(key('ArrowLeft', { shiftKey: true }), true), {
      kind: 'moveCell',
      columns: -1,
      rows: 0,
      isExtending: true,
    });
    assert.equal(keyAction(key('ArrowLeft'), false)?.kind, 'pan');
    assert.equal(keyAction(key('ArrowLeft', { ctrlKey: true }), true)?.kind, 'pan');
    assert.equal(keyAction(key('ArrowLeft', { altKey: true }), true), undefined);
  });
});
