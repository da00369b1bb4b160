import assert from 'node:assert/strict';
import { isLostRow, rowCommandsOf } from './lostRow.ts';

describe('a row that was lost', () => {
  it('is told from a command of the palette, of a key, of a file and of a row', () => {
    assert.ok(isLostRow([undefined, undefined]), 'a button of a row');
    assert.ok(isLostRow([undefined, [undefined, undefined]]), 'one of several selected rows');
    assert.ok(!isLostRow([]), 'palette');
    assert.ok(!isLostRow([undefined]), 'a caller without a target');
    assert.ok(!isLostRow(['selection']), 'a key');
    assert.ok(!isLostRow([{ kind: 'feature' }, undefined]), 'a row');
    assert.ok(!isLostRow([undefined, { groupId: 0 }]), 'the title of an editor');
  });

  it('concerns commands of rows that no title bar has', () => {
    const menus = {
      'view/item/context': [{ command: 'ablate' }, { command: 'open' }],
      'view/title': [{ command: 'open' }, { command: 'generate' }],
    };
    assert.deepEqual([...rowCommandsOf(menus)], ['ablate']);
    assert.deepEqual([...rowCommandsOf({})], []);
  });
});
