import assert from 'node:assert/strict';
import {
  featureDragType,
  featureDrop,
  hasFeatureDrag,
  readFeatureDrag,
  writeFeatureDrag,
} from './featureDrag.ts';

/** As much of a browser's DataTransfer as is used. */
function aTransfer(data: Record<string, string> = {}) {
  return {
    data,
    types: Object.keys(data),
    effectAllowed: 'none',
    setData: (type: string, text: string) => (data[type] = text),
    getData: (type: string) => data[type] ?? '',
  };
}

describe('dragged features', () => {
  const two = [
    { block: 'down.2.1', id: 1674 },
    { block: 'up.0.1', id: 0 },
  ];

  it('arrive as they were sent, as data and as text', () => {
    const transfer = aTransfer();
    writeFeatureDrag(transfer as unknown as DataTransfer, two);
    assert.deepEqual(readFeatureDrag(transfer), two);
    assert.equal(transfer.data['text/plain'], 'down.2.1/1674\nup.0.1/0');
    const text = aTransfer({ 'text/plain': 'down.2.1/1674\nup.0.1/0' });
    assert.deepEqual(readFeatureDrag(text), two);
  });

  it('are told from other text and from strange data', () => {
    const strange = [
      { [featureDragType]: '{' },
      { [featureDragType]: '{"version":2,"features":[{"block":"a","id":1}]}' },
      {
        [featureDragType]:
          '{"version":1,"features":[null,{"block":"a b","id":1},{"block":"a","id":-1}]}',
      },
      { 'text/plain': 'down.2.1/1674 and more' },
      { 'text/plain': '' },
    ];
    for (const data of strange) assert.deepEqual(readFeatureDrag(aTransfer(data)), []);
    assert.equal(hasFeatureDrag({ types: ['Files'] }), false);
    assert.equal(hasFeatureDrag({ types: [featureDragType] }), true);
  });

  it('a place takes features and leaves all else to the browser', () => {
    const taken: unknown[] = [];
    const { over, drop } = featureDrop((features) => taken.push(features));
    const event = (dataTransfer: unknown) => {
      let isTaken = false;
      const preventDefault = () => (isTaken = true);
      const made = { dataTransfer, preventDefault } as unknown as DragEvent;
      return { made, isTaken: () => isTaken };
    };
    const files = event(aTransfer({ Files: '' }));
    over(files.made);
    drop(files.made);
    assert.deepEqual([files.isTaken(), taken], [false, []]);
    const words = event(aTransfer({ 'text/plain': 'some words' }));
    drop(words.made);
    assert.deepEqual([words.isTaken(), taken], [false, []]);
    const transfer = aTransfer();
    writeFeatureDrag(transfer as unknown as DataTransfer, two);
    const features = event({ ...transfer, types: Object.keys(transfer.data) });
    over(features.made);
    assert.ok(features.isTaken());
    drop(features.made);
    assert.deepEqual(taken, [two]);
  });
});
