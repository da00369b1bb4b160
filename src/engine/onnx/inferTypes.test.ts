import assert from 'node:assert/strict';
import { toyUnet } from '../../../test/support/toyUnet.ts';
import { findStages } from './findStages.ts';
import { changeGraph, withFields } from './graph.ts';
import { inferTypes } from './inferTypes.ts';
import { readGraph } from './readGraph.ts';

describe('inferTypes', () => {
  it('tells rank and channels of hidden states from weights and inputs alone', () => {
    const graph = readGraph(toyUnet());
    const types = inferTypes(graph);
    for (const { input, output } of findStages(graph).stages) {
      for (const value of [input, output]) {
        const type = types.get(value);
        assert.deepEqual([type?.elementType, type?.dims?.length, type?.dims?.[1]], [1, 4, 8]);
      }
    }
    const concat = graph.nodes.find(({ opType }) => opType === 'Concat')!;
    assert.equal(types.get(concat.output[0]!)?.dims?.[1], 16);
  });

  it('tells float16 from float32', () => {
    const graph = readGraph(toyUnet({ isHalf: true }));
    const [stage] = findStages(graph).stages;
    assert.equal(inferTypes(graph).get(stage!.output)?.elementType, 10);
  });

  it('does not guess what an operation unknown to it makes', () => {
    const graph = readGraph(toyUnet());
    const node = graph.nodes.map((n, i) => (i === 2 ? withFields(n, { opType: 'Mystery' }) : n));
    const changed = changeGraph(graph, { node });
    assert.equal(inferTypes(changed).get(node[2]!.output[0]!), undefined);
  });
});
