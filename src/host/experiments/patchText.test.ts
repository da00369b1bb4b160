import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseExperimentText } from '../../protocol/experimentTree.ts';
import { patchText } from './patchText.ts';

const text = `// What this is about.
{
  "version": 1, // the shape
  "picture": {
    /* a good one */ "seed": 7,
    "prompt": "a cat"
  },
  "variants": [
    // The first.
    { "id": "v1", "edits": [{ "kind": "ablate", "block": "mid.0" }] },
    {
      "id": "v2", // the second
      "edits": []
    }
  ]
}
`;
interface Value {
  version: number;
  picture: Record<string, unknown>;
  variants: { id: string; name?: string; edits: unknown[] }[];
  title?: string;
}
const read = (from: string): Value => parseExperimentText(from, 'x') as Value;

describe('a patched text', () => {
  it('is the same text when nothing changed', () => {
    assert.equal(patchText(text, read(text)), text);
  });

  it('changes a value and nothing else', () => {
    const next = read(text);
    next.picture['seed'] = 8;
    assert.equal(patchText(text, next), text.replace('7', '8'));
  });

  it('keeps comments where variants come, go and move', () => {
    const next = read(text);
    next.variants.reverse();
    const moved = patchText(text, next);
    assert.deepEqual(read(moved), next);
    assert.match(moved, /"id": "v2", \/\/ the second[^]*"id": "v1"/);
    next.variants.splice(1, 0, { id: 'v3', name: 'new', edits: [] });
    const added = patchText(moved, next);
    assert.match(added, /\n {4}\{ "id": "v3", "name": "new", "edits": \[\] \},\n/);
    next.variants = next.variants.filter(({ id }) => id !== 'v1');
    const removed = patchText(added, next);
    assert.deepEqual(read(removed), next);
    for (const comment of ['What this is about', 'the shape', 'a good one', 'the second']) {
      assert.ok(removed.includes(comment), comment);
    }
  });

  it('puts a key where it belongs', () => {
    const { version, ...rest } = read(text);
    const next = patchText(text, { version, title: 'x', ...rest });
    assert.match(next, /"version": 1,\n {2}"title": "x", \/\/ the shape\n {2}"picture"/);
  });

  it('holds what was wanted, whatever was there', () => {
    const item = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      n: fc.jsonValue({ maxDepth: 2 }),
    });
    const document = fc.dictionary(
      fc.constantFrom('x', 'y', 'z'),
      fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 4 }),
      ),
    );
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
    fc.assert(
      fc.property(document, document, fc.constantFrom(0, 2), (before, after, space) => {
        const patched = patchText(JSON.stringify(before, null, space), after);
        assert.deepEqual(plain(parseExperimentText(patched, 'x')), plain(after));
      }),
      { numRuns: 60 },
    );
  });
});
