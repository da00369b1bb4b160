import assert from 'node:assert/strict';
import { join } from 'node:path';
import { encodeCells } from '../../src/engine/lens/dictionary/encode.ts';
import { SaeEncoder } from '../../src/engine/lens/indexing/saeEncoder.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import type { SaeDefinition } from '../../src/engine/models/sae/saeDefinition.ts';
import { readSae, writeSae } from '../../src/engine/models/sae/saeStore.ts';
import { temporaryFolder } from '../support/saeFile.ts';
import { smallIndex } from '../support/smallIndex.ts';
import { useOrt } from '../support/useOrt.ts';

/** f32 in ONNX Runtime against f64, of values up to 10. */
const tolerance = 2e-5;

describe('encoder of the index', () => {
  const temporary = temporaryFolder();
  const { dir } = temporary;
  const ort = useOrt();
  const { signal } = new AbortController();
  let hidden: Float32Array;
  let base: SaeDefinition;

  before(async () => {
    const { options } = await smallIndex(dir, ort);
    hidden = await options.set.updates('mid.0', 1, 0, 20);
    base = (await readSae(options.sae.folder)).definition;
  });
  after(async () => {
    temporary.remove();
  });

  const rules: Record<string, Partial<SaeDefinition>> = {
    'TopK, then ReLU': {},
    'TopK without b_pre on the input': { applyDecBiasToInput: false },
    'ReLU, more active features than the first list holds': {
      activation: 'relu',
      latentBias: new Float32Array(96).fill(0.9),
    },
    'JumpReLU with a threshold for each feature': {
      activation: 'jumprelu',
      threshold: Float32Array.from({ length: 96 }, (_, id) => 0.05 * (id % 20)),
      latentBias: new Float32Array(96),
    },
    'layer norm': { normalisation: 'layer-norm' },
    'constant norm': { normalisation: 'constant-norm' },
  };
  for (const [name, change] of Object.entries(rules)) {
    it(`has the codes of the reference: ${name}`, async () => {
      const folder = join(dir, 'rules', name.replace(/\W+/g, '-'), 'sae');
      const { k, ...definition } = { ...base, ...change };
      const isTopK = definition.activation === 'topk-relu';
      const sae = isTopK && k !== undefined ? { ...definition, k } : definition;
      await writeSae(folder, sae, 'float32');
      const [installed] = await findInstalledSaes(join(folder, '..'));
      // A list of 8 is too short for the rules without a k, and has to grow.
      const options = { provider: 'cpu' as const, threadCount: 1, listSize: 8 };
      const encoder = await SaeEncoder.open(ort, installed!, options);
      const encoded = await encoder.encode(hidden, new Float32Array(16), signal);
      await encoder.close();
      const expected = encodeCells(sae, hidden, encoded.cellCount);
      assert.equal(encoded.cellCount, 320);
      for (let cell = 0; cell < encoded.cellCount; cell++) {
        const got = new Map<number, number>();
        for (let place = 0; place < encoded.listSize; place++) {
          const at = cell * encoded.listSize + place;
          const [id, value] = [encoded.ids[at]!, encoded.values[at]!];
          if (encoder.isActive(value, id, place)) got.set(id, value);
        }
        const [from, to] = [expected.offsets[cell]!, expected.offsets[cell + 1]!];
        for (let i = from; i < to; i++) {
          const [id, value] = [expected.ids[i]!, expected.values[i]!];
          const found = got.get(id) ?? 0;
          // A value as small as the tolerance may be on either side of a threshold.
          const isAtThreshold = Math.abs(value - (sae.threshold?.[id] ?? 0)) < tolerance;
          assert.ok(isAtThreshold || Math.abs(found - value) < tolerance, `cell ${cell}, ${id}`);
        }
        assert.ok(
          Math.abs(got.size - (to - from)) <= 1,
          `cell ${cell}: ${got.size}, not ${to - from}`,
        );
      }
      if (isTopK) assert.equal(encoded.listSize, 2 * (k ?? 0));
    });
  }

  it('refuses an SAE that reads outputs, which no collected set holds', async () => {
    const folder = join(dir, 'outputs', 'sae');
    await writeSae(folder, { ...base, target: 'output' }, 'float32');
    const [installed] = await findInstalledSaes(join(folder, '..'));
    await assert.rejects(
      SaeEncoder.open(ort, installed!, { provider: 'cpu', threadCount: 1 }),
      /encodes "output"; collected sets hold updates/,
    );
  });
});
