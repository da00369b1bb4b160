import assert from 'node:assert/strict';
import type { UnetPart } from '../../src/protocol/unetParts.ts';
import { groupsOf, sizeWords } from './unetGroups.ts';

const part = (name: string, group: string, kind: UnetPart['kind'], halvings: number): UnetPart => ({
  ...{ name, group, kind, halvings },
  ...{ path: name, width: null, depth: 0, reads: [] },
});

describe('groups of the schematic', () => {
  it('puts the way up beside the way down, and the middle below', () => {
    const groups = groupsOf([
      part('in', '', 'input', 0),
      part('down.0.resnet.0', 'down.0', 'resnet', 0),
      part('down.1.0', 'down.1', 'attention', 1),
      part('mid.0', 'mid', 'attention', 2),
      part('up.0.0', 'up.0', 'attention', 1),
      part('up.1.resnet.0', 'up.1', 'resnet', 0),
      part('out', '', 'output', 0),
    ]);
    assert.deepEqual(
      groups.map(({ title, side, row }) => [title, side, row]),
      [
        ['down.0', 'down', 1],
        ['down.1', 'down', 2],
        ['mid', 'middle', 3],
        ['up.0', 'up', 2],
        ['up.1', 'up', 1],
      ],
    );
    assert.deepEqual(
      groups[0]?.parts.map(({ name }) => name),
      ['in', 'down.0.resnet.0'],
    );
    assert.equal(groups.at(-1)?.parts.at(-1)?.name, 'out');
    assert.equal(groups[2]?.size, "1/4 of the latents'");
    assert.equal(sizeWords(0), "the latents' size");
  });
});
