import assert from 'node:assert/strict';
import { toyUnet, type ToyOptions } from '../../../test/support/toyUnet.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { findResnets, findStages, stageNamed } from './findStages.ts';
import { changeGraph, type OnnxGraph, withFields } from './graph.ts';
import { readGraph } from './readGraph.ts';

const toy = (options?: ToyOptions): OnnxGraph => readGraph(toyUnet(options));

/** Replaces node names: what a tool that renames nodes leaves. */
const renamed = (graph: OnnxGraph, rename: (name: string) => string): OnnxGraph =>
  changeGraph(graph, { node: graph.nodes.map((n) => withFields(n, { name: rename(n.name) })) });

describe('findStages', () => {
  for (const exporter of ['legacy', 'dynamo'] as const) {
    for (const isHalf of [false, true]) {
      it(`finds each stage, its input and its output (${exporter}, ${isHalf ? 'float16' : 'float32'})`, () => {
        const graph = toy({ exporter, isHalf });
        const { stages, refused } = findStages(graph);
        assert.deepEqual(refused, []);
        assert.deepEqual(
          stages.map(({ name, path, width }) => [name, path, width]),
          [
            ['down.0.0', 'down_blocks.0.attentions.0', 8],
            ['mid.0', 'mid_block.attentions.0', 8],
            ['up.0.0', 'up_blocks.0.attentions.0', 8],
          ],
        );
        for (const stage of stages) {
          const sum = graph.nodes[graph.producerOf.get(stage.output) ?? -1];
          assert.equal(sum?.opType, 'Add');
          assert.ok(sum.input.includes(stage.input));
        }
      });
    }
  }

  it('takes names with the prefix of the exported wrapper', () => {
    const graph = renamed(toy(), (name) => `/unet${name}`);
    assert.deepEqual(
      findStages(graph).stages.map(({ path }) => path),
      ['down_blocks.0.attentions.0', 'mid_block.attentions.0', 'up_blocks.0.attentions.0'],
    );
  });

  it('finds ResNets, those with a shortcut by what the shortcut gives', () => {
    const graph = toy();
    const { stages, refused } = findResnets(graph);
    assert.deepEqual(refused, []);
    assert.deepEqual(
      stages.map(({ name }) => name),
      ['down.0.resnet.0', 'mid.resnet.0', 'up.0.resnet.0'],
    );
    assert.match(stages[2]?.input ?? '', /conv_shortcut/);
  });

  it('refuses a stage that a value of another module enters, and says which', () => {
    const graph = toy();
    const start = '/conv_in/Conv_2_output_0';
    assert.ok(graph.producerOf.has(start));
    const node = [...graph.nodes];
    const at = node.findIndex((n) => n.name.startsWith('/mid_block/attentions.0/Add'));
    const sum = node[at]!;
    const mixed = withFields(sum, {
      name: '/mid_block/attentions.0/Mul_x',
      opType: 'Mul',
      input: [sum.input[0] ?? '', start],
      output: ['mixed'],
    });
    node.splice(at, 1, mixed, withFields(sum, { input: ['mixed', sum.input[1] ?? ''] }));
    const found = findStages(changeGraph(graph, { node }));
    assert.equal(found.stages.length, 2);
    assert.match(found.refused[0]?.reason ?? '', /another image value enters it .*conv_in/);
    assert.throws(
      () => stageNamed(found, 'mid.0'),
      /"mid\.0".*refused.*Stages found: down\.0\.0, up\.0\.0/s,
    );
  });

  it('refuses a stage that does not end with a sum', () => {
    const graph = toy();
    const node = graph.nodes.map((n) =>
      n.name.startsWith('/mid_block/attentions.0/Add') ? withFields(n, { opType: 'Mul' }) : n,
    );
    assert.match(
      findStages(changeGraph(graph, { node })).refused[0]?.reason ?? '',
      /no sum but a Mul/,
    );
  });

  it('names what it found in a graph without stages', () => {
    const isModel = (error: unknown): boolean =>
      error instanceof FeaturescopeError &&
      error.code === 'model' &&
      /Modules found: .*encoder\.layers\.0/.test(error.message);
    const graph = renamed(toy(), () => '/encoder/layers.0/mlp/MatMul');
    assert.throws(() => findStages(graph), isModel);
    assert.throws(() => findStages(renamed(toy(), () => '')), /no module names/);
  });
});
