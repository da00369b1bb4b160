import assert from 'node:assert/strict';
import { ViewState } from './viewState.ts';

describe('ViewState', () => {
  it('tells all that share it, until they stop listening', () => {
    const view = new ViewState();
    const heard: string[] = [];
    view.onDidChange(() => heard.push('one'));
    const stop = view.onDidChange(() => heard.push('two'));
    const position = { zoom: 2, centre: { x: 0.5, y: 0.5 } };
    view.set(position);
    stop();
    view.set({ ...position, zoom: 3 });
    assert.deepEqual(heard, ['one', 'two', 'one']);
    assert.equal(view.position.zoom, 3);
  });

  it('says nothing when nothing changed', () => {
    const view = new ViewState();
    view.onDidChange(() => assert.fail());
    view.set(view.position);
  });
});
