import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.ts';
import { transpose } from '../../src/engine/models/sae/orientation.ts';
import type { SaeDefinition } from '../../src/engine/models/sae/saeDefinition.ts';
import { readSae, writeSae } from '../../src/engine/models/sae/saeStore.ts';
import { defaultAcceptancePrompts } from '../../src/protocol/acceptancePrompts.ts';
import {
  type AcceptanceProgress,
  acceptSaeOnPrompts,
  readAcceptance,
  removeSae,
  type SaeAnswerValues,
} from '../../src/protocol/saes.ts';
import { embeddedModel } from '../support/engineSession.ts';
import { answers, SaeImports } from '../support/saeImports.ts';

const modelDir = embeddedModel;
const prompts = [
  'a red apple on the left and a dog on the right, on grass',
  'A big penguin in the snow!',
  'two bananas on the beach',
  'a castle at night',
];
const settings = { prompts, seed: 100, steps: 1, guidanceScale: 0 };

describe('acceptance of imported SAEs on pictures of the model', function () {
  this.timeout(120_000);
  this.slow(10_000);
  let dir: string;
  let engine: Engine;
  let imports: SaeImports;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-saes-'));
    imports = new SaeImports(dir);
    ({ engine } = imports);
    await imports.writeSource();
    await imports.import();
  });
  after(async () => {
    await engine.stop();
    rmSync(dir, { recursive: true });
  });

  const accept = (saeId: string, change: Partial<typeof settings> = {}) =>
    engine.request(acceptSaeOnPrompts, {
      ...{ modelDir, saeId, provider: 'cpu', settings: { ...settings, ...change } },
    });

  it('accepts an honest one, with figures a step, and keeps the report', async () => {
    const { saeId } = await imports.activeIn('mid.0');
    assert.equal(await engine.request(readAcceptance, { modelDir, saeId }), null);
    const seen: AcceptanceProgress[] = [];
    const record = await engine.request(
      acceptSaeOnPrompts,
      { modelDir, saeId, provider: 'cpu', settings: { ...settings, steps: 2, guidanceScale: 3 } },
      { onProgress: (progress) => seen.push(progress) },
    );
    assert.equal(record.verdict.status, 'accepted', record.verdict.text);
    assert.deepEqual(
      record.perStep.map(({ stepIndex }) => stepIndex),
      [0, 1],
    );
    for (const { figures } of record.perStep) {
      assert.ok((figures.rSquared ?? 0) > 0.7 && figures.l0 <= 10, JSON.stringify(figures));
    }
    assert.deepEqual(
      [...new Set(seen.map(({ phase }) => phase))],
      ['pictures', 'steps', 'readings'],
    );
    assert.ok(record.readings.some(({ name }) => name === 'another-block'));
    assert.deepEqual(await engine.request(readAcceptance, { modelDir, saeId }), record);
    assert.deepEqual((await imports.activeIn('mid.0')).verdict, record.verdict);
  });

  it('names what is wrong with one that was imported with a wrong answer', async () => {
    const wrong: [SaeAnswerValues, string][] = [
      [{ ...answers, target: 'output' }, 'output-instead-of-update'],
      [{ ...answers, blockPath: 'unet.up_blocks.0.attentions.1' }, 'another-block'],
    ];
    for (const [given, name] of wrong) {
      const made = await imports.import(given);
      const { verdict } = await accept(made.saeId);
      assert.deepEqual([verdict.status, verdict.name], ['rejected', name], verdict.text);
      await engine.request(removeSae, { modelDir, saeId: made.saeId });
    }
  });

  const planted: readonly (readonly [string, (sae: SaeDefinition) => SaeDefinition])[] = [
    [
      'transposed',
      (sae) => ({ ...sae, decoder: transpose(sae.decoder, sae.dModel, sae.nFeatures) }),
    ],
    ['b-pre-dropped', (sae) => ({ ...sae, preBias: new Float32Array(sae.dModel) })],
    [
      'order-swapped',
      (sae) => {
        // As the reader of a file notes it whose own code takes TopK first.
        const provenance = { ...sae.provenance, formatActivation: 'topk-relu' as const };
        return { ...sae, activation: 'relu-topk', provenance };
      },
    ],
  ];
  for (const [name, spoil] of planted) {
    it(`names what is wrong with files that are: ${name}`, async () => {
      const path = join(dir, name);
      const { definition } = await readSae(join(modelDir, 'saes', 'mid.0'));
      await writeSae(path, spoil(definition), 'float32');
      const made = await imports.import({}, path);
      const { verdict } = await accept(made.saeId, { prompts: [...defaultAcceptancePrompts] });
      assert.deepEqual([verdict.status, verdict.name], ['rejected', name], verdict.text);
      await engine.request(removeSae, { modelDir, saeId: made.saeId });
    });
  }

  it('stops when it is told to, and refuses settings out of range', async () => {
    const { saeId } = await imports.activeIn('mid.0');
    const kept = await engine.request(readAcceptance, { modelDir, saeId });
    const cancel = new AbortController();
    const work = engine.request(
      acceptSaeOnPrompts,
      { modelDir, saeId, provider: 'cpu', settings: { ...settings, steps: 4 } },
      {
        signal: cancel.signal,
        onProgress: (progress) => {
          if (progress.phase === 'pictures' && progress.donePictures === 1) cancel.abort();
        },
      },
    );
    await assert.rejects(work, { code: 'cancelled' });
    assert.deepEqual(await engine.request(readAcceptance, { modelDir, saeId }), kept);
    const refused = (change: Partial<typeof settings>, message: RegExp) =>
      assert.rejects(accept(saeId, change), { code: 'invalidInput', message });
    await refused({ prompts: [] }, /0 prompts; allowed are 1 to 64/);
    await refused({ steps: 0 }, /steps is 0/);
    await refused({ seed: -1 }, /seed is -1/);
    const few = await accept(saeId, { prompts: prompts.slice(0, 2) });
    assert.equal(few.verdict.status, 'doubtful');
  });
});
