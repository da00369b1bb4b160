import assert from 'node:assert/strict';
import { create } from '@bufbuild/protobuf';
import { toyUnet } from '../../../test/support/toyUnet.ts';
import { listExternalData, moveExternalData } from './externalData.ts';
import { TensorProto_DataLocation, TensorProtoSchema } from './generated/onnx_pb.js';
import { changeGraph, type OnnxGraph } from './graph.ts';
import { readGraph } from './readGraph.ts';

/** A toy graph with one float16 `[2, 3]` weight in another file. */
function withExternal(entries: Readonly<Record<string, string>>): OnnxGraph {
  const graph = readGraph(toyUnet());
  const tensor = create(TensorProtoSchema, {
    name: 'w',
    dims: [2n, 3n],
    dataType: 10,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
  return changeGraph(graph, { initializer: [...graph.initializers.values(), tensor] });
}

describe('listExternalData', () => {
  it('lists name, location, offset and size', () => {
    const listed = listExternalData(
      withExternal({ location: 'a/m.data', offset: '64', length: '12' }),
    );
    assert.deepEqual(listed, [{ name: 'w', location: 'a/m.data', offset: 64, sizeBytes: 12 }]);
    assert.equal(listExternalData(withExternal({ location: 'm.data' }))[0]?.sizeBytes, 12);
  });

  it('refuses locations that are no plain path inside the folder', () => {
    for (const location of [
      '',
      '../m',
      '/m',
      'a/../../m',
      'C:m',
      'a\\m',
      'm\0.txt',
      './m',
      'a//m',
    ]) {
      assert.throws(
        () => listExternalData(withExternal({ location })),
        /not a plain path/,
        location,
      );
    }
  });

  it('refuses sizes that are no numbers or not the tensor’s', () => {
    const refuses = (entries: Record<string, string>, why: RegExp): void => {
      assert.throws(() => listExternalData(withExternal({ location: 'm', ...entries })), why);
    };
    refuses({ length: '13' }, /needs 12 bytes.* 13 /);
    refuses({ offset: '-1' }, /the offset "-1"/);
    refuses({ offset: '9007199254740993' }, /the offset/);
    refuses({ length: '1e3' }, /the length "1e3"/);
  });
});

describe('moveExternalData', () => {
  it('puts a folder before each location', () => {
    const moved = moveExternalData(withExternal({ location: 'm.data' }), 'unet');
    assert.equal(listExternalData(moved)[0]?.location, 'unet/m.data');
    assert.throws(() => moveExternalData(withExternal({ location: 'm.data' }), '..'), /plain path/);
  });
});
