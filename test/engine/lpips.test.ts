import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { Lpips } from '../../src/engine/pipeline/lpips.ts';
import { ModelSessions } from '../../src/engine/pipeline/modelSessions.ts';
import type { Picture } from '../../src/protocol/engine.ts';
import { listBlocks } from '../../src/protocol/features.ts';
import { makeBoardIn } from '../support/boardRun.ts';
import { embeddedModel, smallRequest, startEngineSession } from '../support/engineSession.ts';
import { readGoldenJson } from '../support/golden.ts';
import { useOrt } from '../support/useOrt.ts';

const root = join(import.meta.dirname, '..', '..');
const network = join(root, 'test', 'golden', 'lpips.onnx');

interface Case {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly one: string;
  readonly other: string;
  readonly distance: number;
}
const { cases } = readGoldenJson('lpips.json') as { readonly cases: readonly Case[] };

describe('LPIPS', () => {
  const dir = mkdtempSync(join(tmpdir(), 'featurescope-lpips-'));
  const ort = useOrt();
  let sessions: ModelSessions;

  before(async () => {
    const folder = await readModelFolder(embeddedModel);
    const options = { provider: 'cpu', threadCount: 1, unet: 'chain', saes: [] } as const;
    sessions = new ModelSessions(ort, folder, options);
  });
  after(async () => {
    rmSync(dir, { recursive: true, force: true });
  });

  const picture = ({ width, height }: Case, base64: string): Picture => ({
    ...{ width, height },
    rgb: new Uint8Array(Buffer.from(base64, 'base64')),
  });

  it('is what torch computes with the same network', async () => {
    const lpips = new Lpips(sessions, dir, network);
    for (const each of cases) {
      const [one, other] = [picture(each, each.one), picture(each, each.other)];
      const found = await lpips.distance(one, other);
      // f32 sums in another order, over at most 768 cells and 10 channels.
      const tolerance = 1e-5 * Math.max(1, each.distance);
      assert.ok(found && Math.abs(found.distance - each.distance) <= tolerance, each.name);
    }
  });

  it("takes the model's own network as soon as it is there, and tells networks apart", async () => {
    const lpips = new Lpips(sessions, dir, '');
    const [same] = cases;
    assert.ok(same);
    const one = picture(same, same.one);
    assert.equal(await lpips.distance(one, one), undefined);
    mkdirSync(join(dir, 'lpips'));
    copyFileSync(network, join(dir, 'lpips', 'model.onnx'));
    assert.equal((await lpips.distance(one, one))?.distance, 0);
    assert.equal(await lpips.sha256(), await new Lpips(sessions, dir, network).sha256());
  });

  it('names what is not such a network', async () => {
    const [any] = cases;
    assert.ok(any);
    const one = picture(any, any.one);
    const asked = (path: string) => new Lpips(sessions, dir, path).distance(one, one);
    const decoder = join(embeddedModel, 'vae_decoder', 'model.onnx');
    await assert.rejects(asked(join(dir, 'none.onnx')), /none\.onnx is missing/);
    await assert.rejects(asked('lpips.onnx'), /not named by an absolute path/);
    await assert.rejects(
      asked(decoder),
      /model\.onnx (?:does not take two pictures|keeps weights)/,
    );
    writeFileSync(join(dir, 'text.onnx'), 'no graph');
    await assert.rejects(asked(join(dir, 'text.onnx')));
  });

  it('is a figure of boards where a network is chosen', async () => {
    const engine = startEngineSession({ threadCount: 1, lpipsPath: network });
    try {
      const [first] = await engine.request(listBlocks, { modelDir: embeddedModel });
      const { prompt, negativePrompt, seed, steps, guidanceScale } = smallRequest;
      const { scheduler, width, height } = smallRequest;
      const made = await makeBoardIn(engine, {
        ...{ modelDir: embeddedModel, provider: 'cpu' },
        bases: [
          {
            ...{ prompt, negativePrompt, seed, steps, guidanceScale },
            ...{ scheduler, width, height },
          },
        ],
        variants: [
          { version: 1, edits: [] },
          { version: 1, edits: [{ kind: 'ablate', block: first?.block ?? '' }] },
        ],
      });
      const [, neutral, ablated] = made.map(({ figures }) => figures?.lpips);
      assert.equal(neutral?.distance, 0);
      assert.ok(ablated && ablated.distance > 0);
      assert.match(ablated.sha256, /^[0-9a-f]{64}$/);
    } finally {
      await engine.stop();
    }
  });
});
