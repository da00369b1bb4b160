import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportSae, type ExportFormat } from '../../src/engine/models/sae/exportSae.ts';
import { importSae } from '../../src/engine/models/sae/importSae.ts';
import { readSae, writeSae } from '../../src/engine/models/sae/saeStore.ts';
import { settleSae, suggestedAnswers } from '../../src/engine/models/sae/settleSae.ts';
import type {
  SaeActivation,
  SaeAnswers,
  SaeDefinition,
} from '../../src/engine/models/sae/saeDefinition.ts';
import { compareWithLibrary, golden } from './saeFixtures.ts';

interface Kind {
  readonly kind: string;
  readonly activation: SaeActivation;
  readonly answers?: SaeAnswers;
  /** What must be asked besides the target and the block. */
  readonly asked?: readonly string[];
}

const kinds: readonly Kind[] = [
  { kind: 'sdxl-unbox', activation: 'topk-relu' },
  { kind: 'sdxl-unbox-square', activation: 'topk-relu', asked: ['orientation'] },
  { kind: 'saelens-standard', activation: 'relu' },
  { kind: 'saelens-layernorm', activation: 'relu' },
  { kind: 'saelens-constantnorm', activation: 'topk-relu' },
  { kind: 'saelens-topk', activation: 'topk-relu' },
  { kind: 'saelens-topk-rescale', activation: 'topk-relu' },
  { kind: 'saelens-jumprelu', activation: 'jumprelu' },
  { kind: 'saelens-bfloat16', activation: 'relu' },
  { kind: 'saelens-batchtopk', activation: 'batchtopk-threshold' },
  { kind: 'saelens-batchtopk-inference', activation: 'jumprelu' },
  {
    kind: 'saelens-scaled',
    activation: 'topk-relu',
    answers: { inputScale: 0.7 },
    asked: ['inputScale'],
  },
  { kind: 'saelens-old', activation: 'topk-relu' },
  { kind: 'sparsify/unet.up_blocks.0.attentions.1', activation: 'relu-topk' },
  { kind: 'saeuron', activation: 'relu-topk' },
  { kind: 'dl-autoencoder', activation: 'relu' },
  { kind: 'dl-topk', activation: 'relu-topk' },
  { kind: 'dl-batchtopk', activation: 'batchtopk-threshold' },
  {
    kind: 'dl-batchtopk-noconfig',
    activation: 'batchtopk-threshold',
    answers: { activation: 'batchtopk-threshold' },
    asked: ['activation'],
  },
];

const folderOf = (kind: string): string =>
  kind.startsWith('sdxl-unbox')
    ? join(
        golden,
        kind,
        `unet.down_blocks.2.attentions.1_k5_hidden${kind === 'sdxl-unbox' ? '80' : '24'}_auxk8_bs4096_lr0.0001`,
      )
    : join(golden, kind);

async function settle({ kind, answers }: Kind) {
  const found = await importSae(folderOf(kind));
  const fixed: SaeAnswers = { target: 'update', blockPath: 'unet.mid_block.attentions.0' };
  return {
    found,
    sae: settleSae(found, { ...fixed, ...suggestedAnswers(found.questions), ...answers }),
  };
}

describe('SAE formats: the codes of the library that wrote the file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'featurescope-sae-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  for (const entry of kinds) {
    it(entry.kind, async () => {
      const { found, sae } = await settle(entry);
      assert.equal(sae.activation, entry.activation);
      const asked = found.questions
        .map(({ id }) => id)
        .filter((id) => id !== 'target' && id !== 'blockPath');
      assert.deepEqual(asked, entry.asked ?? []);
      const agreement = await compareWithLibrary(sae, entry.kind.split('/')[0] ?? '');
      assert.ok(agreement.active > 0, 'no feature is active: the fixture shows nothing');
      assert.equal(agreement.idsApart, 0, 'ids differ');
      // float32 library against float64 sums over 24 products of size 1.
      assert.ok(agreement.codesApart < 1e-5, `codes differ by ${String(agreement.codesApart)}`);
      assert.ok(
        agreement.reconApart < 1e-5,
        `reconstruction differs by ${String(agreement.reconApart)}`,
      );

      const ours = join(folder, entry.kind.replace('/', '-'));
      await writeSae(ours, sae, 'float32');
      assert.deepEqual((await readSae(ours, { verify: true })).definition, sae);
    });
  }

  it('exports what the format can say, and reads it back with the same codes', async () => {
    const pairs: [Kind, ExportFormat][] = [
      ...kinds
        .filter(({ kind }) => kind !== 'sdxl-unbox-square')
        .map((kind): [Kind, ExportFormat] => [kind, 'saelens']),
      ...kinds
        .filter(
          ({ activation, kind }) =>
            activation.includes('topk') && !/batch|constant|square/.test(kind),
        )
        .map((kind): [Kind, ExportFormat] => [kind, 'sdxl-unbox']),
    ];
    for (const [entry, format] of pairs) {
      const { sae } = await settle(entry);
      const kind = entry.kind.split('/')[0] ?? '';
      // FEATURESCOPE_SAE_EXPORTS keeps them for `make_sae_files.py --check`, where the real libraries read them.
      const out = join(process.env['FEATURESCOPE_SAE_EXPORTS'] ?? folder, `${kind}@${format}`);
      await exportSae(out, sae, format);
      const again = await importSae(out);
      const settled = settleSae(again, {
        ...suggestedAnswers(again.questions),
        target: 'update',
        blockPath: 'unet.mid_block.attentions.0',
      });
      const agreement = await compareWithLibrary(settled, kind);
      assert.equal(agreement.idsApart, 0, `${kind} as ${format}`);
      assert.ok(agreement.codesApart < 1e-5 && agreement.reconApart < 1e-5, `${kind} as ${format}`);
    }
    const { sae } = await settle({ kind: 'saelens-jumprelu', activation: 'jumprelu' });
    await assert.rejects(exportSae(join(folder, 'no'), sae, 'sdxl-unbox'), /this one is jumprelu/);
  });

  it('halves the weights file with float16 and keeps the codes to 11 bits', async () => {
    const { sae } = await settle({ kind: 'sdxl-unbox', activation: 'topk-relu' });
    const wide = await writeSae(join(folder, 'wide'), sae, 'float32');
    const narrow = await writeSae(join(folder, 'narrow'), sae, 'float16');
    assert.ok(narrow.weights.sizeBytes < 0.65 * wide.weights.sizeBytes);
    assert.equal(
      (await stat(join(folder, 'narrow', narrow.weights.name))).size,
      narrow.weights.sizeBytes,
    );
    const { definition } = await readSae(join(folder, 'narrow'));
    // 24 products of weights rounded to 2^-11.
    assert.ok((await compareWithLibrary(definition, 'sdxl-unbox')).codesApart < 5e-3);
    for (const { offset } of Object.values(narrow.weights.tensors)) assert.equal(offset % 64, 0);
  });

  it('notices weights that were changed, cut or lost after the import', async () => {
    const { sae } = await settle({ kind: 'sdxl-unbox', activation: 'topk-relu' });
    const ours = join(folder, 'tampered');
    const { weights } = await writeSae(ours, sae, 'float32');
    const path = join(ours, weights.name);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(path, bytes);
    await assert.rejects(readSae(ours, { verify: true }), { code: 'model', message: /SHA-256/ });
    await writeFile(path, bytes.subarray(0, 1000));
    await assert.rejects(readSae(ours), {
      code: 'model',
      message: /has 1000 bytes; sae.json says/,
    });
    await rm(path);
    await assert.rejects(readSae(ours), { code: 'model', message: /is missing/ });
    await assert.rejects(importSae(ours), { code: 'model', message: /is missing/ });
  });

  it('takes its own form back as it was, verified, and asks only what it leaves open', async () => {
    const { sae } = await settle({ kind: 'sdxl-unbox', activation: 'topk-relu' });
    const ours = join(folder, 'own');
    const { weights } = await writeSae(ours, sae, 'float32');
    const found = await importSae(ours);
    assert.equal(found.format, 'safetensors');
    assert.deepEqual(found.questions, []);
    assert.deepEqual(found.definition, sae);
    const unplaced = Object.fromEntries(
      Object.entries(sae).filter(([name]) => name !== 'blockPath'),
    ) as unknown as SaeDefinition;
    await writeSae(ours, { ...unplaced, target: 'unknown' }, 'float32');
    const open = await importSae(ours);
    assert.deepEqual(
      open.questions.map(({ id }) => id),
      ['target', 'blockPath'],
    );
    const bytes = await readFile(join(ours, weights.name));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(join(ours, weights.name), bytes);
    await assert.rejects(importSae(ours), { code: 'model', message: /SHA-256/ });
  });

  it('keeps the unit of strengths of sdxl-unbox', async () => {
    const { sae, found } = await settle({ kind: 'sdxl-unbox', activation: 'topk-relu' });
    assert.equal(sae.featureMean?.length, 80);
    assert.equal(sae.featureStd?.length, 80);
    assert.equal(found.definition.blockPath, 'unet.down_blocks.2.attentions.1');
    assert.match(found.definition.provenance.notes.join(), /Orientation proved/);
    assert.deepEqual(
      found.definition.provenance.sourceFiles.map(({ name }) => name),
      ['config.json', 'state_dict.pth', 'mean.pt', 'std.pt'],
    );
  });

  it('does not take an import without answers', async () => {
    const found = await importSae(folderOf('saelens-topk'));
    assert.throws(() => settleSae(found, {}), /Nobody has said the SAE's target/);
    assert.throws(() => settleSae(found, { target: 'unknown' }), /possible are update, output/);
  });
});

describe('SAE kinds that are refused by name', () => {
  const refusals: Readonly<Record<string, RegExp>> = {
    'refused-saelens-gated': /architecture "gated" is not supported/,
    'refused-saelens-transcoder': /architecture "transcoder"/,
    'refused-saelens-matching_pursuit': /architecture "matching_pursuit"/,
    'refused-saelens-abstopk': /architecture "abstopk"/,
    'refused-saelens-matryoshka_batchtopk': /architecture "matryoshka_batchtopk"/,
    'refused-saelens-covariance_whitening': /normalize_activations = "covariance_whitening"/,
    'refused-saelens-hook_z': /reshape_activations = "hook_z"/,
    'refused-sparsify-groupmax': /activation = "groupmax"/,
    'refused-sparsify-transcode': /transcode = true/,
    'refused-sparsify-skip': /skip_connection = true/,
    'refused-saeuron-sample_topk': /SAeUron SAE with sample_topk = true/,
    'refused-saeuron-input_unit_norm': /SAeUron SAE with input_unit_norm = true/,
    'refused-dl-AutoEncoderNew': /AutoEncoderNew is not supported/,
    'refused-dl-GatedAutoEncoder': /GatedAutoEncoder is not supported/,
    'refused-dl-JumpReluAutoEncoder': /JumpReluAutoEncoder is not supported/,
    'refused-dl-MatryoshkaBatchTopKSAE': /MatryoshkaBatchTopKSAE is not supported/,
    'refused-dl-threshold': /threshold = -1 was never given one/,
    'refused-openai': /OpenAI's sparse_autoencoder/,
    torch: /No SAE was found|checkpoint of a form/,
  };
  for (const [kind, message] of Object.entries(refusals)) {
    it(kind, () => assert.rejects(importSae(join(golden, kind)), { code: 'model', message }));
  }
});
