import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGraph } from './readGraph.ts';
import { unetParts } from './unetParts.ts';

const models = join(import.meta.dirname, '..', '..', '..', 'models', 'mini', 'unet');

describe('layers of a U-net', () => {
  const graph = readGraph(readFileSync(join(models, 'model.onnx')));
  const config = JSON.parse(readFileSync(join(models, 'config.json'), 'utf8')) as {
    readonly block_out_channels: readonly number[];
    readonly down_block_types: readonly string[];
    readonly layers_per_block: number;
  };
  const parts = unetParts(graph);
  const named = (name: string) => parts.find((part) => part.name === name);

  it('are as many as the configuration of the embedded model says', () => {
    const { layers_per_block: layers, block_out_channels: channels } = config;
    const levels = channels.length;
    const count = (kind: string) => parts.filter((part) => part.kind === kind).length;
    const perLevel = (Array.isArray(layers) ? layers : channels.map(() => layers)) as number[];
    const down = perLevel.reduce((sum, each) => sum + each, 0);
    assert.equal(count('resnet'), down + 2 + (down + levels));
    assert.deepEqual([count('downsample'), count('upsample')], [levels - 1, levels - 1]);
    assert.deepEqual([parts[0]?.kind, parts.at(-1)?.kind], ['input', 'output']);
  });

  it('run in order, each behind what it reads', () => {
    const seen = new Set<string>();
    for (const { name, reads } of parts) {
      for (const source of reads) assert.ok(seen.has(source), `${name} reads ${source}`);
      assert.equal(reads.length > 0, name !== 'in', name);
      seen.add(name);
    }
  });

  it('have skip connections into the way up, sizes and depths', () => {
    for (const { kind, group, name, reads } of parts) {
      const wanted = kind === 'resnet' && group.startsWith('up') ? 2 : name === 'in' ? 0 : 1;
      assert.equal(reads.length, wanted, name);
    }
    const { width, halvings, depth, path } = named('mid.0')!;
    assert.equal(path, 'mid_block.attentions.0');
    assert.equal(width, config.block_out_channels.at(-1));
    assert.equal(halvings, config.block_out_channels.length - 1);
    assert.ok(depth >= 1);
    assert.equal(named('out')?.halvings, 0);
  });
});
