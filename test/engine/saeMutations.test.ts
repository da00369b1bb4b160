import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertSae } from '../../src/engine/models/sae/convertSae.ts';
import { importSae } from '../../src/engine/models/sae/importSae.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { golden } from './saeFixtures.ts';

/** Mutations of each file; 2,000 on demand (FEATURESCOPE_MUTATIONS=2000, about a minute), fewer on every run. */
const mutationCount = Number(process.env['FEATURESCOPE_MUTATIONS'] ?? 100);

/** Mulberry32: a seed gives the same mutations again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Changes bytes, cuts, repeats or inserts; mostly where the structure is: the first and last 1,500 bytes. */
function mutate(original: Uint8Array, next: () => number): Uint8Array {
  const place = (): number => {
    const edge = Math.min(1500, original.length);
    const roll = next();
    if (roll < 0.45) return Math.floor(next() * edge);
    if (roll < 0.9) return original.length - 1 - Math.floor(next() * edge);
    return Math.floor(next() * original.length);
  };
  const special = [0, 1, 0x7f, 0x80, 0xff, 0x28, 0x42, 0x52, 0x63, 0x22, 0x5b, 0x39];
  const kind = next();
  if (kind < 0.1) return original.subarray(0, place());
  if (kind < 0.2) {
    const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number];
    return Buffer.concat([original.subarray(0, to), original.subarray(from)]);
  }
  const out = original.slice();
  for (let count = 1 + Math.floor(next() * 6); count > 0; count--) {
    const value =
      next() < 0.5 ? special[Math.floor(next() * special.length)] : Math.floor(next() * 256);
    out[place()] = value ?? 0;
  }
  return out;
}

describe(`${String(mutationCount)} mutations of each SAE file`, function () {
  this.timeout(600_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'featurescope-mutations-'));
    // Featurescope's own form, which is as foreign when it comes from somebody else.
    const answers = { target: 'update', blockPath: 'unet.mid_block.attentions.0' } as const;
    await convertSae(join(golden, sdxl), join(folder, own), answers);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const sdxl = join(
    'sdxl-unbox',
    'unet.down_blocks.2.attentions.1_k5_hidden80_auxk8_bs4096_lr0.0001',
    'final',
  );
  const own = 'own-form';
  const targets: [string, string][] = [
    [sdxl, 'state_dict.pth'],
    [sdxl, 'config.json'],
    [sdxl, 'mean.pt'],
    ['saelens-jumprelu', 'sae_weights.safetensors'],
    ['saelens-topk-rescale', 'cfg.json'],
    [join('sparsify', 'unet.up_blocks.0.attentions.1'), 'sae.safetensors'],
    ['dl-topk', 'ae.pt'],
    ['dl-batchtopk', 'config.json'],
    [own, 'sae.json'],
    [own, 'sae.safetensors'],
  ];
  for (const [source, name] of targets) {
    it(`${source.split('/')[0] ?? ''}: ${name}`, async () => {
      const copy = join(folder, `mutated-${source.replaceAll(/[^a-z0-9]/gi, '-')}-${name}`);
      await cp(source === own ? join(folder, own) : join(golden, source), copy, {
        recursive: true,
      });
      const original = await readFile(join(copy, name));
      const next = random(7);
      let slowestMs = 0;
      let refused = 0;
      for (let i = 0; i < mutationCount; i++) {
        await writeFile(join(copy, name), mutate(original, next));
        const start = performance.now();
        try {
          await importSae(copy);
        } catch (error) {
          assert.ok(error instanceof FeaturescopeError, `mutation ${String(i)}: ${String(error)}`);
          assert.equal(error.code, 'model', `mutation ${String(i)}: ${error.message}`);
          assert.ok(error.message.length < 500, error.message);
          refused++;
        }
        slowestMs = Math.max(slowestMs, performance.now() - start);
      }
      assert.ok(slowestMs < 2000, `one took ${slowestMs.toFixed(0)} ms`);
      assert.ok(
        refused > mutationCount / 10,
        `only ${String(refused)} were refused: the mutations miss the structure`,
      );
    });
  }
});
