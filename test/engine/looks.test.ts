import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { createOrt } from '../../src/engine/ort/ortClient.ts';
import { Classifier } from '../../src/engine/pipeline/classifier.ts';
import { Clip } from '../../src/engine/pipeline/clip.ts';
import { ModelSessions } from '../../src/engine/pipeline/modelSessions.ts';
import { resizePicture } from '../../src/numerics/resizePicture.ts';
import { drawnPicture } from '../support/drawnPicture.ts';
import { embeddedModel } from '../support/engineSession.ts';
import { readGoldenJson } from '../support/golden.ts';

const root = join(import.meta.dirname, '..', '..');
const golden = (name: string): string => join(root, 'test', 'golden', name);

interface Case {
  readonly width: number;
  readonly height: number;
  readonly toWidth: number;
  readonly toHeight: number;
  readonly resized: string;
  readonly embedding: readonly number[];
  readonly seen: Readonly<Record<string, readonly number[]>>;
}
interface TextCase {
  readonly text: string;
  readonly embedding: readonly number[];
}
const { pictures, texts } = readGoldenJson('looks.json') as {
  readonly pictures: readonly Case[];
  readonly texts: readonly TextCase[];
};

describe('networks that look at pictures', () => {
  const dir = mkdtempSync(join(tmpdir(), 'featurescope-looks-'));
  const ort = createOrt({ runnerPath: join(root, 'dist', 'runner.cjs'), onLog: () => undefined });
  let sessions: ModelSessions;

  before(async () => {
    const folder = await readModelFolder(embeddedModel);
    const options = { provider: 'cpu', threadCount: 1, unet: 'chain', saes: [] } as const;
    sessions = new ModelSessions(ort, folder, options);
  });
  after(async () => {
    await sessions.release();
    await ort.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const near = (made: ArrayLike<number> | undefined, wanted: readonly number[], most: number) => {
    assert.equal(made?.length, wanted.length);
    wanted.forEach((value, i) => {
      assert.ok(Math.abs((made[i] ?? NaN) - value) < most, `${i}: ${made[i]} ${value}`);
    });
  };

  it('CLIP: embeddings are those of transformers, from pictures of any shape', async () => {
    const clip = new Clip(sessions, dir, golden('clip.onnx'));
    for (const { width, height, toWidth, toHeight, ...wanted } of pictures) {
      const picture = drawnPicture(width, height);
      const resized = resizePicture(picture.rgb, width, height, toWidth, toHeight, 'bicubic');
      assert.ok(Buffer.from(resized).equals(Buffer.from(wanted.resized, 'base64')));
      // f32 sums in another order, over two layers whose weights are ten times as large as CLIP's; seen: 1.3e-5.
      near((await clip.embed(picture))?.values, wanted.embedding, 1e-4);
    }
    assert.equal(await new Clip(sessions, dir, '').embed(drawnPicture(8, 8)), undefined);
    const decoder = new Clip(sessions, dir, golden('lpips.onnx'));
    await assert.rejects(
      decoder.embed(drawnPicture(8, 8)),
      /does not take one picture.*exportClip/,
    );
  });

  it('CLIP’s text part: embeddings are those of transformers, from texts of any length', async () => {
    const clip = new Clip(sessions, dir, golden('clip.onnx'));
    for (const { text, embedding } of texts) {
      // As for pictures; seen: 2e-6.
      near((await clip.embedText(text))?.values, embedding, 1e-4);
    }
    const alone = join(dir, 'alone');
    mkdirSync(alone);
    copyFileSync(golden('clip.onnx'), join(alone, 'clip.onnx'));
    const lonely = new Clip(sessions, dir, join(alone, 'clip.onnx'));
    assert.equal(await lonely.embedText('a cat'), undefined);
    mkdirSync(join(alone, 'text'));
    writeFileSync(join(alone, 'text', 'model.onnx'), 'junk');
    await assert.rejects(
      lonely.embedText('a cat'),
      /^FeaturescopeError: text\/model\.onnx: This is not a readable ONNX graph/,
    );
    copyFileSync(golden('clip.onnx'), join(alone, 'text', 'model.onnx'));
    await assert.rejects(
      lonely.embedText('a cat'),
      /does not take token ids.*exportClip.py --text/,
    );
    copyFileSync(golden('text/model.onnx'), join(alone, 'text', 'model.onnx'));
    await assert.rejects(lonely.embedText('a cat'), /text\/tokenizer_config\.json is missing/);
  });

  it('a classifier: probabilities by factor, of maps by their four likeliest cells', async () => {
    const classifier = new Classifier(sessions, dir);
    const [first] = pictures;
    assert.equal(await classifier.see(drawnPicture(8, 8)), undefined);
    mkdirSync(join(dir, 'classifier'));
    copyFileSync(golden('classifier.onnx'), join(dir, 'classifier', 'classifier.onnx'));
    await assert.rejects(classifier.see(drawnPicture(8, 8)), /classifier\.json is missing/);
    copyFileSync(golden('classifier.json'), join(dir, 'classifier', 'classifier.json'));
    for (const { width, height, seen } of pictures) {
      const made = await classifier.see(drawnPicture(width, height));
      assert.deepEqual(Object.keys(made?.seen ?? {}).sort(), Object.keys(seen).sort());
      // f32: means of 256 pixels in another order, times up to 30 in an exponent.
      for (const [name, values] of Object.entries(seen)) near(made?.seen[name], values, 1e-4);
      // A class's presence says the same as its map, in the golden graph by another rule: only the cells' sums are known.
      const map = await classifier.locate(drawnPicture(width, height), 'tint');
      assert.deepEqual(map?.classes, ['none', 'red', 'green', 'blue']);
      const cellCount = map.high * map.wide;
      assert.equal(map.values.length, 4 * cellCount);
      for (let cell = 0; cell < cellCount; cell++) {
        const sum = map.classes.reduce((all, _, i) => all + map.values[i * cellCount + cell]!, 0);
        assert.ok(Math.abs(sum - 1) < 1e-4, String(sum));
      }
      assert.equal(await classifier.locate(drawnPicture(width, height), 'light'), undefined);
    }
    const other = { picture: 128, classes: { object: ['a', 'b', 'c'] } };
    writeFileSync(join(dir, 'classifier', 'classifier.json'), JSON.stringify(other));
    const again = new Classifier(sessions, dir);
    await assert.rejects(
      again.see(drawnPicture(first!.width, first!.height)),
      /"object" \[1, 2\] does not hold the probabilities of 3 classes/,
    );
  });
});
