import assert from 'node:assert/strict';
import { toyUnet } from '../../../test/support/toyUnet.ts';
import { type Cut, cutIntoSegments } from './cutIntoSegments.ts';
import { findStages } from './findStages.ts';
import type { OnnxGraph } from './graph.ts';
import { readGraph } from './readGraph.ts';

const graph: OnnxGraph = readGraph(toyUnet());
const cuts: readonly Cut[] = findStages(graph).stages.map(({ name, output }) => ({
  name,
  value: output,
}));
const isSize = (name: string): boolean => /Shape|ints_/.test(name);

describe('cutIntoSegments', () => {
  it('makes a chain in which every input is there when it is read', () => {
    const segments = cutIntoSegments(graph, cuts);
    assert.deepEqual(
      segments.map(({ name }) => name),
      ['down.0.0', 'mid.0', 'up.0.0', 'end'],
    );
    const known = new Set(graph.inputs.map(({ name }) => name));
    for (const segment of segments) {
      for (const { name } of segment.inputs)
        assert.ok(known.has(name), `${segment.name} reads ${name}`);
      for (const { name } of segment.outputs) known.add(name);
    }
    assert.ok(known.has('out_sample'));
  });

  it('ends each segment with its cut and computes nothing twice but sizes and constants', () => {
    const segments = cutIntoSegments(graph, cuts).map(({ bytes }) => readGraph(bytes));
    segments.slice(0, -1).forEach((segment, index) => {
      assert.ok(segment.outputs.some(({ name }) => name === cuts[index]?.value));
    });
    const made = segments.flatMap((segment) => segment.nodes.flatMap((node) => node.output));
    const twice = made.filter((name, index) => made.indexOf(name) !== index && !isSize(name));
    assert.deepEqual(twice, []);
    assert.equal(new Set(made).size, graph.nodes.flatMap((node) => node.output).length);
  });

  it('keeps each weight in the one segment that needs it', () => {
    const segments = cutIntoSegments(graph, cuts).map(({ bytes }) => readGraph(bytes));
    const weights = segments.flatMap((segment) => [...segment.initializers.keys()]);
    const twice = weights.filter((name, index) => weights.indexOf(name) !== index);
    assert.deepEqual(
      twice.filter((name) => !isSize(name)),
      [],
    );
  });

  it('declares what crosses a cut: only what is still needed, with dtype and rank', () => {
    const [, middle, up] = cutIntoSegments(graph, cuts);
    const [first, second] = cuts.map(({ value }) => value);
    const embedding = [...graph.producerOf.keys()].find((name) => name.includes('embedding/act'));
    assert.deepEqual(
      new Set(middle?.inputs.map(({ name }) => name)),
      new Set([first, embedding, 'encoder_hidden_states']),
    );
    assert.deepEqual(
      new Set(up?.inputs.map(({ name }) => name)),
      new Set([second, first, embedding, 'encoder_hidden_states']),
    );
    const info = up?.inputs.find(({ name }) => name === second);
    assert.equal(info?.dtype, 'float32');
    assert.deepEqual([info.dims.length, info.dims[1]], [4, 8]);
  });

  it('takes cuts in any order, and none', () => {
    assert.deepEqual(
      cutIntoSegments(graph, [...cuts].reverse()).map(({ name }) => name),
      ['down.0.0', 'mid.0', 'up.0.0', 'end'],
    );
    const [whole] = cutIntoSegments(graph, []);
    assert.equal(readGraph(whole!.bytes).nodes.length, graph.nodes.length);
  });

  it('refuses cuts that make no sense', () => {
    assert.throws(() => cutIntoSegments(graph, [{ name: 'x', value: 'sample' }]), /no node makes/);
    assert.throws(() => cutIntoSegments(graph, [cuts[0]!, cuts[0]!, cuts[1]!]), /twice/);
  });
});
