import assert from 'node:assert/strict';
import { toyUnet } from '../../../test/support/toyUnet.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { changeGraph, withFields } from './graph.ts';
import { readGraph } from './readGraph.ts';
import { writeGraph } from './writeGraph.ts';

/** Field `number` with these bytes, as protobuf writes it. */
function lengthDelimited(number: number, body: Uint8Array): Uint8Array {
  const head = [...varint(number * 8 + 2), ...varint(body.length)];
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

function refusal(bytes: Uint8Array): string {
  try {
    readGraph(bytes);
  } catch (error) {
    assert.ok(error instanceof FeaturescopeError);
    assert.equal(error.code, 'model');
    return error.message;
  }
  return '';
}

describe('readGraph', () => {
  it('writes back the same bytes, unknown fields included', () => {
    const file = toyUnet();
    assert.deepEqual(writeGraph(readGraph(file)), file);
    // Fields 900 and 901 are no part of ONNX: one beside the graph, one inside it.
    const unknown = lengthDelimited(900, Uint8Array.of(1, 2, 3));
    const graph = lengthDelimited(7, lengthDelimited(901, Uint8Array.of(4, 5)));
    const extended = Uint8Array.of(...file, ...graph, ...unknown);
    const written = Buffer.from(writeGraph(readGraph(extended)));
    assert.ok(written.includes(Buffer.from(unknown)));
    assert.ok(written.includes(Buffer.from(lengthDelimited(901, Uint8Array.of(4, 5)))));
  });

  it('puts nodes that are out of order into order', () => {
    const file = toyUnet();
    const graph = readGraph(file);
    const reversed = changeGraph(graph, { node: [...graph.nodes].reverse() });
    const made = new Set<string>();
    for (const [index, node] of reversed.nodes.entries()) {
      for (const read of reversed.readsOf[index] ?? []) {
        assert.ok(!reversed.producerOf.has(read) || made.has(read), `${node.name} reads ${read}`);
      }
      for (const output of node.output) made.add(output);
    }
  });

  it('says what is wrong with bytes that are no graph', () => {
    assert.match(refusal(new Uint8Array()), /holds no graph/);
    assert.match(refusal(Buffer.from('<html>not found</html>')), /not a readable ONNX graph/);
    const file = toyUnet();
    assert.match(refusal(file.subarray(0, file.length - 10)), /data end inside ModelProto\.graph/);
  });

  it('names values that are missing, doubled, or needed to make themselves', () => {
    const graph = readGraph(toyUnet());
    const change = (index: number, fields: { input?: string[]; output?: string[] }) => () =>
      changeGraph(graph, {
        node: graph.nodes.map((n, i) => (i === index ? withFields(n, fields) : n)),
      });
    const [first] = graph.nodes;
    assert.throws(change(1, { input: ['nowhere'] }), /reads "nowhere", which nothing/);
    assert.throws(change(1, { output: first!.output }), /more than once/);
    const last = graph.nodes.at(-2)!.output[0]!;
    assert.throws(change(2, { input: [last] }), /circle/);
  });

  it('refuses bombs before it allocates for them', () => {
    const startedAt = performance.now();
    const emptyNodes = new Uint8Array(8_000_000);
    for (let i = 0; i < emptyNodes.length; i += 2) emptyNodes[i] = 0x0a;
    assert.match(refusal(lengthDelimited(7, emptyNodes)), /more than \d+ fields/);
    let nested: Uint8Array = new Uint8Array();
    // A graph in an attribute of a node, again and again: fields 6, 5 and 1.
    for (let i = 0; i < 200; i++) {
      nested = lengthDelimited(1, lengthDelimited(5, lengthDelimited(6, nested)));
    }
    assert.match(refusal(lengthDelimited(7, nested)), /nested too deeply/);
    assert.ok(performance.now() - startedAt < 2000);
  });
});
