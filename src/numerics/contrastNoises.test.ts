import assert from 'node:assert/strict';
import type { BlockCodes } from './codes.ts';
import { contrastNoises } from './contrastNoises.ts';

/** Two cells with one slot each. */
const codes = (...slots: readonly (readonly [id: number, value: number])[]): BlockCodes => ({
  ...{ cellsHigh: 1, cellsWide: slots.length, nFeatures: 9, slotCount: 1 },
  ids: Int32Array.from(slots, ([id]) => id),
  values: Float32Array.from(slots, ([, value]) => value),
});

describe('contrastNoises', () => {
  const picture = [codes([1, 4], [2, 2]), codes([1, 2], [1, 2])];
  const control = [codes([2, 2], [2, 2]), codes([3, 1], [1, 1])];

  it('takes the control away noise by noise', () => {
    const [first, second, third] = contrastNoises(picture, control);
    // Feature 1: S = 2, 2 against 0, 0.5. Feature 2: 1, 0 against 2, 0. Feature 3: 0, 0 against 0, 0.5.
    assert.deepEqual(first, {
      ...{ id: 1, difference: 1.75, picture: 2, control: 0.25, activeCount: 2 },
      spread: Math.sqrt(2 * 0.25 ** 2),
    });
    assert.deepEqual([second?.id, second?.difference], [3, -0.25]);
    assert.deepEqual([third?.id, third?.difference, third?.activeCount], [2, -0.5, 1]);
  });

  it('looks at some cells alone', () => {
    const [first] = contrastNoises(picture, control, (cell) => cell === 0);
    assert.deepEqual([first?.id, first?.difference], [1, 3]);
  });

  it('has no spread of one noise, and no control of other noises', () => {
    assert.equal(contrastNoises(picture.slice(1), control.slice(1))[0]?.spread, null);
    assert.throws(() => contrastNoises(picture, control.slice(1)), RangeError);
  });
});
