import assert from 'node:assert/strict';
import { listBlocks } from '../../src/protocol/features.ts';
import { makeControls } from '../../src/protocol/interventions.ts';
import type { Edit, EditKind, EditRecipe } from '../../src/protocol/recipe.ts';
import { recipeLimits } from '../../src/protocol/recipeSchema.ts';
import { base, type BoardEngine, choice, startBoardEngine } from '../support/boardEngine.ts';
import type { EngineSession } from '../support/engineSession.ts';

const block = 'up.0.1';

describe('refused interventions', () => {
  let engine: EngineSession;
  let top: number;
  let board: BoardEngine['board'];
  let removal: BoardEngine['removal'];

  before(async () => {
    ({ engine, top, board, removal } = await startBoardEngine(block));
  });
  after(() => engine.stop());

  it('refuses what cannot be done before anything runs, naming value and range', async () => {
    const sources = [{ feature: top }];
    const common = { block, sources } as const;
    const blocks = await engine.request(listBlocks, { modelDir: choice.modelDir });
    const { nFeatures = 0 } = blocks.find((each) => each.block === block)?.sae ?? {};
    const noSae = blocks.find(({ sae }) => !sae)?.block ?? assert.fail();
    const add = (value: number): Edit => ({
      ...{ kind: 'add', ...common, rows: 'both' },
      strength: { value, unit: 'raw' },
    });
    const many = Array.from({ length: 1000 }, (_, feature) => ({ feature }));
    const cells = { kind: 'cells', cellsHigh: 8, cellsWide: 8 } as const;
    const empty = { ...cells, weights: Array<number>(64).fill(0) };
    const bad: readonly (readonly [EditKind, unknown, RegExp])[] = [
      ['add', { edits: [add(NaN)] }, /strength\.value is NaN/],
      ['add', { edits: [add(recipeLimits.strength * 2)] }, /is 20000: .*10000/],
      ['scale', { edits: [{ kind: 'scale', ...common, factor: 1e9, maps: 'static' }] }, /factor/],
      ['keepOnly', { edits: [{ kind: 'keepOnly', block, sources: many, maps: 'static' }] }, /256/],
      ['ablate', { edits: [{ kind: 'ablate', block: 'up.9.9' }] }, /no block "up\.9\.9"; it has/],
      ['ablate', { edits: [{ kind: 'ablate', block, steps: [3] }] }, /step 3; .* 0 to 0/],
      ['ablate', { edits: [{ kind: 'ablate', block, mask: empty }] }, /mask is empty/],
      [
        'ablate',
        { edits: [{ kind: 'ablate', block, mask: { ...cells, weights: [1] } }] },
        /1 weights for 8 x 8/,
      ],
      [
        'scale',
        { edits: [{ ...removal(nFeatures).edits[0] }] },
        new RegExp(`0 to ${String(nFeatures - 1)}`),
      ],
      ['scale', { edits: [{ ...removal(0).edits[0], block: noSae }] }, /no SAE at/],
      ['scale', { edits: removal(0).edits, saes: { [block]: 'a'.repeat(64) } }, /another SAE of/],
      ['swap', { edits: [{ kind: 'swap', block, from: { seed: -1 } }] }, /seed/],
      ['reconstruct', { edits: [{ kind: 'explode', block }] }, /kind/],
      ['reconstruct', { version: 2, edits: [] }, /version 2/],
      [
        'replace',
        {
          edits: [
            {
              ...{ kind: 'replace', block, strength: { value: 1, unit: 'mean' } },
              sources: [{ name: 'v', vector: [1, 2] }],
            },
          ],
        },
        /vector has 2 values; .* channels/,
      ],
      [
        'addMap',
        {
          edits: [{ kind: 'addMap', ...common, weights: [[[1]]], cellsHigh: 1, cellsWide: 1 }],
        },
        /1 x 1 cells; up\.0\.1 has 8 x 8/,
      ],
    ];
    for (const [kind, recipe, message] of bad) {
      const variants = [{ version: 1, ...(recipe as object) } as EditRecipe];
      const error = await board({ variants }).then(
        () => assert.fail(`${kind} ran: ${JSON.stringify(recipe).slice(0, 200)}`),
        (thrown: unknown) => thrown as { code: string; message: string },
      );
      assert.equal(error.code, 'invalidInput', error.message);
      assert.match(error.message, message);
    }
    await assert.rejects(
      engine.request(makeControls, {
        ...{ ...choice, base, kinds: ['random'], count: 100, seed: 0 },
        recipe: removal(top),
      }),
      /100 controls .* 1 to 64/,
    );
    await assert.rejects(
      engine.request(makeControls, {
        ...{ ...choice, base, kinds: ['random'], count: 1, seed: 0 },
        recipe: { version: 1, edits: [{ kind: 'ablate', block }] },
      }),
      /"ablate" has no matched controls/,
    );
  });

  it('says that an edit was too strong when the numbers run away', async () => {
    const edits: readonly Edit[] = [
      {
        ...{ kind: 'add', block, sources: [{ feature: top }], rows: 'both' },
        strength: { value: recipeLimits.strength, unit: 'mean' },
      },
    ];
    // Huge, but allowed: a picture with its warning, or an error that names the cause.
    const [, made] = await board({ variants: [{ version: 1, edits }] }).catch((thrown: unknown) => {
      const error = thrown as { code: string; message: string };
      assert.equal(error.code, 'invalidInput');
      assert.match(error.message, /too strong/);
      return [];
    });
    if (made) assert.ok(made.amounts[0]?.isOutside);
  });
}).timeout(120_000);
