import { cutIntoSegments } from '../src/engine/onnx/cutIntoSegments.ts';
import { changeGraph } from '../src/engine/onnx/graph.ts';
import { spliceTaps } from '../src/engine/onnx/spliceTaps.ts';
import { defaultFeeds } from '../src/engine/onnx/tapFeeds.ts';

/**
 * One stage of a U-net with its tap as a graph by itself: it takes the stage's hidden states and the text, and gives
 * what the tap reads. A tenth of SDXL's weights, so that it can be looked at where the whole does not fit.
 *
 * @param {import('../src/engine/onnx/graph.ts').OnnxGraph} graph with its weights in the folder that the session gets
 * @param {import('../src/engine/onnx/findStages.ts').Stage} stage of that graph
 * @param {import('../src/engine/onnx/saeSpec.ts').SaeSpec} sae of that stage
 */
export function stageAlone(graph, stage, sae) {
  const { graph: spliced, taps } = spliceTaps(graph, [{ stage, sae }]);
  const names = taps[0].outputs.map(({ name }) => name);
  const output = spliced.outputs.filter(({ name }) => names.includes(name));
  const cut = { name: 'before', value: stage.input };
  const [, own] = cutIntoSegments(changeGraph(spliced, { output }), [cut]);
  return { bytes: own.bytes, defaults: defaultFeeds(taps[0]) };
}
