import assert from 'node:assert/strict';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePicture } from '../../src/protocol/engine.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  embeddedModel,
  type EngineSession,
  smallRequest,
  startEngineSession,
} from '../support/engineSession.ts';
import { seededRandom, soakCount } from '../support/soak.ts';

const mutationCount = soakCount(20, 1000);
const startSeed = 11;
const answerLimitMs = 60_000;

/** Ways in which a file goes wrong on disks and in downloads. */
const mutations = {
  truncate: (bytes: Buffer, random: () => number) =>
    bytes.subarray(0, Math.floor(random() * bytes.length)),
  flip: (bytes: Buffer, random: () => number) => {
    const copy = Buffer.from(bytes);
    for (let i = 0; i < 8; i++) {
      const at = Math.floor(random() * copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    return copy;
  },
  noise: (bytes: Buffer, random: () => number) =>
    Buffer.from(Array.from({ length: Math.min(bytes.length, 4096) }, () => random() * 256)),
  zeros: (bytes: Buffer) => Buffer.alloc(bytes.length),
  empty: () => Buffer.alloc(0),
  twice: (bytes: Buffer) => Buffer.concat([bytes, bytes]),
  remove: () => undefined,
} as const;
type MutationName = keyof typeof mutations;
const names = Object.keys(mutations) as MutationName[];

describe(`${mutationCount} damaged model folders`, function () {
  this.timeout(mutationCount * 90_000);
  this.slow(mutationCount * 5000);
  let modelDir: string;
  let engine: EngineSession;

  before(() => {
    modelDir = mkdtempSync(join(tmpdir(), 'featurescope-model-'));
    cpSync(embeddedModel, modelDir, { recursive: true });
    engine = startEngineSession();
  });
  after(async () => {
    await engine.stop();
    rmSync(modelDir, { recursive: true, force: true });
  });

  it('each is refused with a reason or makes a picture; the engine answers and lives', async () => {
    const files = readdirSync(modelDir, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(modelDir, name)).isFile())
      .sort();
    const outcomes = new Map<string, number>();
    for (let index = 0; index < mutationCount; index++) {
      const random = seededRandom(startSeed + index);
      const file = files[Math.floor(random() * files.length)] ?? '';
      const name = names[Math.floor(random() * names.length)] ?? 'remove';
      const title = `mutation ${index}: ${name} ${file}`;
      const path = join(modelDir, file);
      const original = readFileSync(path);
      const damaged = mutations[name](original, random);
      if (damaged === undefined) unlinkSync(path);
      else writeFileSync(path, damaged);
      try {
        const outcome = await outcomeOf(engine, modelDir, title);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        // Damaged graphs may bring native code down: the runner's own process, never the engine's.
        if (outcome === 'runnerDied') {
          await engine.stop();
          engine = startEngineSession();
        }
      } finally {
        writeFileSync(path, original);
      }
    }
    console.log(`      ${[...outcomes].map(([outcome, n]) => `${outcome} ${n}`).join(', ')}`);
    const { picture } = await engine.request(generatePicture, { ...smallRequest, modelDir });
    assert.equal(picture.width, 128, 'the undamaged folder works again');
  });
});

async function outcomeOf(engine: EngineSession, modelDir: string, title: string): Promise<string> {
  const timeout = AbortSignal.timeout(answerLimitMs);
  try {
    const request = { ...smallRequest, modelDir };
    const { picture } = await engine.request(generatePicture, request, { signal: timeout });
    assert.equal(picture.rgb.length, picture.width * picture.height * 3, title);
    return 'picture';
  } catch (thrown) {
    if (thrown instanceof assert.AssertionError) throw thrown;
    const error = FeaturescopeError.from(thrown);
    if (error.message.includes('inference process ended unexpectedly')) return 'runnerDied';
    assert.notEqual(error.code, 'internal', `${title}: ${error.message}\n${error.detail ?? ''}`);
    assert.notEqual(error.code, 'cancelled', `${title}: no answer in ${answerLimitMs} ms`);
    assert.ok(error.message.length > 10, `${title}: says too little: "${error.message}"`);
    return error.code;
  }
}
