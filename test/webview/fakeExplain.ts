import {
  explainAddFiles,
  explainCancel,
  explainChanged,
  explainChooseFile,
  explainContent,
  explainKeep,
  explainPickControl,
  explainShowRun,
  explainSnapshot,
  explainStart,
  type ExplainState,
  explainUseStart,
} from '../../src/protocol/explainPanel.ts';
import { packReadings } from '../../src/protocol/featurePanel.ts';
import { featurePreview } from '../../src/protocol/featurePreview.ts';
import type { BlockReading } from '../../src/protocol/features.ts';
import { panelAct, panelCopyText, panelOpenCard } from '../../src/protocol/panelRequests.ts';
import { paperBlocks } from '../../src/protocol/paperBlocks.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';
import { fakePicture } from './fakePicture.ts';

/** The extension's side of the explain panel, inside the page under test. */
export type FakeExplain = FakePanel<ExplainState>;

declare global {
  interface Window {
    fakeExplain: FakeExplain;
  }
}

const slotCount = 3;

/** Feature 7 is strong in the left upper quarter of the picture, feature 8 everywhere, feature 9 in the control. */
function readingsOf(isControl: boolean, stepCount: number): BlockReading[] {
  return paperBlocks.map(({ name, path }, place) => {
    const side = place < 2 ? 4 : 8;
    const cells = side * side;
    const step = (noise: number) => {
      const ids = new Int32Array(cells * slotCount);
      const values = new Float32Array(cells * slotCount);
      for (let cell = 0; cell < cells; cell++) {
        const isCorner = cell % side < side / 2 && cell < cells / 2;
        ids.set([7, 8, 9], cell * slotCount);
        const corner = !isControl && isCorner ? 8 + noise : 0;
        values.set([corner, 2, isControl ? 4 : 0], cell * slotCount);
      }
      const ones = new Float32Array(cells).fill(1);
      return { ids, values, norm: ones, error: ones, spread: ones };
    };
    return {
      ...{ block: name, path, cellsHigh: side, cellsWide: side, nFeatures: 20, slotCount },
      saeSha256: 'sae',
      steps: Array.from({ length: stepCount }, (_, noise) => step(noise)),
    };
  });
}

const { fake, handle, record } = serveFakePanel<ExplainState>(explainChanged);
window.fakeExplain = fake;
const side = 128;
const pixels = (seed: number) => ({
  ...{ width: side, height: side },
  rgb: fakePicture(side, side, seed).buffer,
});
handle(explainSnapshot, () => fake.state());
handle(explainContent, ({ resultId }) => {
  const { result } = fake.state();
  const path = result?.path;
  if (resultId !== result?.resultId || !path) return null;
  const isEncoded = path.kind === 'encoded';
  const isMissing = path.kind === 'madeHere' && path.verdict.kind === 'modelMissing';
  return {
    picture: pixels(1),
    roundTrip: isEncoded ? pixels(1) : null,
    control: isEncoded ? pixels(2) : null,
    readings: packReadings(isMissing ? [] : readingsOf(false, isEncoded ? 2 : 1)),
    controlReadings: packReadings(isEncoded ? readingsOf(true, 2) : []),
  };
});
handle(explainPickControl, () => ({ path: '/pictures/other.png' }));
handle(featurePreview, () => null);
record(
  ...[explainStart, explainCancel, explainChooseFile, explainAddFiles, explainKeep],
  ...[explainShowRun, explainUseStart, panelAct, panelCopyText, panelOpenCard],
);
