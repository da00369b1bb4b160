import assert from 'node:assert/strict';
import { toyUnet } from '../../../test/support/toyUnet.ts';
import { listExternalData } from './externalData.ts';
import { findStages } from './findStages.ts';
import { changeGraph, indexGraph, type OnnxGraph, withFields } from './graph.ts';
import { readGraph } from './readGraph.ts';
import type { SaeSpec } from './saeSpec.ts';
import { spliceTaps, type Tap } from './spliceTaps.ts';

const graph: OnnxGraph = readGraph(toyUnet());
const [first, second] = findStages(graph).stages;

function sae(changes: Partial<SaeSpec> = {}): SaeSpec {
  const tensor = (offset: number, count: number) =>
    ({ dtype: 'float32', offset, sizeBytes: count * 4 }) as const;
  return {
    dModel: 8,
    nFeatures: 16,
    target: 'update',
    activation: { kind: 'topk', k: 3 },
    normalisation: { kind: 'none' },
    subtractsDecoderBias: true,
    weights: { file: 'saes/a.bin', encoder: tensor(0, 128), decoder: tensor(512, 128) },
    ...changes,
  };
}
const tap = (changes: Partial<SaeSpec> = {}): Tap => ({ stage: first!, sae: sae(changes) });

describe('spliceTaps', () => {
  it('lets the tap make the stage’s output, so that everything after it stays as it was', () => {
    const { graph: spliced, taps, cuts } = spliceTaps(graph, [tap(), { stage: second! }]);
    const made = spliced.nodes[spliced.producerOf.get(first!.output)!];
    assert.equal(made?.opType, 'If');
    const before = spliced.nodes[spliced.producerOf.get(`${first!.output}__pre`)!];
    assert.equal(before?.name, graph.nodes[graph.producerOf.get(first!.output)!]?.name);
    const readers = (of: OnnxGraph): (string | undefined)[] =>
      (of.consumersOf.get(first!.output) ?? []).map((index) => of.nodes[index]?.name);
    assert.deepEqual(readers(spliced), readers(graph));
    assert.deepEqual(
      cuts.map(({ name, value }) => [name, value]),
      [first, second].map((stage) => [stage?.name, `${stage?.output ?? ''}__pre`]),
    );
    assert.deepEqual(
      taps.map(({ outputs }) => outputs.map(({ name }) => name)),
      [
        ['norm', 'update', 'values', 'ids', 'error', 'spread'].map((port) => `down.0.0/${port}`),
        ['norm', 'update'].map((port) => `mid.0/${port}`),
      ],
    );
  });

  it('leaves SAE weights in their file', () => {
    const { graph: spliced } = spliceTaps(graph, [tap()]);
    assert.deepEqual(
      listExternalData(spliced).map(({ location, offset, sizeBytes }) => [
        location,
        offset,
        sizeBytes,
      ]),
      [
        ['saes/a.bin', 0, 512],
        ['saes/a.bin', 512, 512],
      ],
    );
  });

  it('can tap the same graph again, with other taps', () => {
    const { graph: once } = spliceTaps(graph, [tap()]);
    const stage = findStages(graph).stages[2]!;
    const { taps } = spliceTaps(once, [{ stage }]);
    assert.equal(taps[0]?.stage.name, 'up.0.0');
    assert.throws(() => spliceTaps(once, [tap()]), /more than once/);
  });

  it('refuses an SAE that does not fit', () => {
    const refuses = (changes: Partial<SaeSpec>, why: RegExp): void => {
      assert.throws(() => spliceTaps(graph, [tap(changes)]), why);
    };
    const { weights } = sae();
    const wide = { ...weights, encoder: { ...weights.encoder, sizeBytes: 1024 } };
    refuses({ weights: wide }, /its encoder has 1024 bytes, not 512/);
    refuses({ activation: { kind: 'topk', k: 17 } }, /k is 17, not between 1 and 16/);
    refuses({ activation: { kind: 'threshold' } }, /no thresholds/);
    refuses({ normalisation: { kind: 'unitNorm', norm: 0 } }, /factor 0/);
    refuses({ normalisation: { kind: 'constant', scale: Number.NaN } }, /factor NaN/);
    const twice = { ...weights.encoder, sizeBytes: 16 * 16 * 4 };
    const other = { ...weights, encoder: twice, decoder: twice };
    refuses({ dModel: 16, weights: other }, /reads 16 channels, but the stage has 8/);
  });

  it('refuses graphs and taps that it cannot serve', () => {
    assert.throws(() => spliceTaps(graph, [tap(), tap()]), /tapped twice/);
    const [set] = graph.model.opsetImport;
    const old = indexGraph(
      withFields(graph.model, { opsetImport: [withFields(set!, { version: 11n })] }),
    );
    assert.throws(() => spliceTaps(old, [tap()]), /operator set 11; tapping needs 13/);
    const noWidth: Tap = { stage: { ...first!, width: undefined } };
    assert.throws(() => spliceTaps(graph, [noWidth]), /width cannot be told/);
    const [node, ...rest] = graph.nodes;
    const clash = withFields(node!, { output: ['down.0.0/norm'] });
    const name = node!.output[0]!;
    const readers = rest.map((n) =>
      withFields(n, { input: n.input.map((x) => (x === name ? 'down.0.0/norm' : x)) }),
    );
    const clashing = changeGraph(graph, { node: [clash, ...readers] });
    assert.throws(() => spliceTaps(clashing, [tap()]), /"down\.0\.0\/norm" more than once/);
  });
});
