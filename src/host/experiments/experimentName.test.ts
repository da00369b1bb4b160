import assert from 'node:assert/strict';
import { experimentPath } from './experimentName.ts';

describe('the name of a new experiment', () => {
  it('ends as experiments do, whatever was typed', () => {
    for (const name of [
      '/a/cat',
      '/a/cat.json',
      '/a/cat.sae',
      '/a/cat.sae.json',
      '/a/cat.SAE.JSON',
    ]) {
      assert.equal(experimentPath(name), '/a/cat.sae.json');
    }
    assert.equal(experimentPath('/a.json/cat.v2'), '/a.json/cat.v2.sae.json');
  });
});
