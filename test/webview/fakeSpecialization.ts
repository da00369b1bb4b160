import { panelAct, panelCopyText, panelSaveFile } from '../../src/protocol/panelRequests.ts';
import {
  specializationChanged,
  specializationPictures,
  specializationRun,
  specializationSnapshot,
  type SpecializationState,
} from '../../src/protocol/specializationPanel.ts';
import { fakePicture } from './fakePicture.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';

/** The extension's side of the panel on block specialization, inside the page under test. */
export type FakeSpecialization = FakePanel<SpecializationState>;

declare global {
  interface Window {
    fakeSpecialization: FakeSpecialization;
    /** Of the last file that was saved. */
    savedBytes: number[];
  }
}

const { fake, handle, record } = serveFakePanel<SpecializationState>(specializationChanged);
window.fakeSpecialization = fake;
handle(specializationSnapshot, () => fake.state());
const pixels = (seed: number) => ({
  ...{ width: 32, height: 32, rgb: fakePicture(32, 32, seed).buffer },
});
handle(specializationPictures, ({ key }) => ({
  ...{ count: 24, order: 'from the one that changed least to the one that changed most' },
  pictures: [1, 2].map((seed) => ({
    ...{ prompt: 'a red fox on grass', seed, label: key, pixelDistance: seed / 2 },
    shots: [
      { name: 'Unedited', picture: pixels(seed) },
      { name: 'Edited', picture: pixels(seed + 10) },
    ],
  })),
}));
handle(panelSaveFile, ({ bytes }) => {
  window.savedBytes = [...new Uint8Array(bytes)];
  return null;
});
record(specializationRun, panelCopyText, panelAct);
