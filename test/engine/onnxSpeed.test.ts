import assert from 'node:assert/strict';
import { cutIntoSegments } from '../../src/engine/onnx/cutIntoSegments.ts';
import { findStages } from '../../src/engine/onnx/findStages.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import { spliceTaps } from '../../src/engine/onnx/spliceTaps.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import { toyUnet } from '../support/toyUnet.ts';

/** SDXL's U-net has 5,900 nodes; this one more than 10,000. */
const blockCount = 450;
const goalMs = 300;

describe('speed of the surgery', () => {
  it('splices and cuts a graph of 10,000 nodes within its budget', function () {
    this.timeout(60_000);
    const file = toyUnet({ blockCount });
    const timings: Record<string, number[]> = {
      read: [],
      find: [],
      splice: [],
      write: [],
      cut: [],
    };
    const time = <T>(label: string, work: () => T): T => {
      // Processor time of this process: other load on the machine does not count.
      const before = process.cpuUsage();
      const result = work();
      const { user, system } = process.cpuUsage(before);
      timings[label]?.push((user + system) / 1000);
      return result;
    };
    let nodeCount = 0;
    for (let round = 0; round < 3; round++) {
      const graph = time('read', () => readGraph(file));
      nodeCount = graph.nodes.length;
      const { stages } = time('find', () => findStages(graph));
      const taps = stages.map((stage) => ({ stage }));
      const spliced = time('splice', () => spliceTaps(graph, taps));
      time('write', () => writeGraph(spliced.graph));
      time('cut', () => cutIntoSegments(spliced.graph, spliced.cuts));
    }
    assert.ok(nodeCount > 10_000);
    const best = Object.entries(timings).map(([label, all]): [string, number] => [
      label,
      Math.min(...all),
    ]);
    const surgery = best.reduce((sum, [label, ms]) => sum + (label === 'write' ? 0 : ms), 0);
    const figures = best.map(([label, ms]) => `${label} ${ms.toFixed(0)}`).join(', ');
    assert.ok(surgery < 2 * goalMs, `${nodeCount} nodes in ms: ${figures}; goal ${goalMs}`);
    this.test!.title += ` (${nodeCount} nodes in ms: ${figures})`;
  });
});
