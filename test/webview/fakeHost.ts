import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  resultAct,
  resultCancel,
  resultChanged,
  resultCopyText,
  resultGenerate,
  resultPixels,
  resultReveal,
  resultSavePng,
  resultSnapshot,
  type ResultState,
} from '../../src/protocol/resultPanel.ts';
import { fakePicture } from './fakePicture.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';

/** The extension's side of a panel, inside the page under test: it records what is asked and shows what it is told. */
export type FakeHost = FakePanel<ResultState>;

declare global {
  interface Window {
    fakeHost: FakeHost;
  }
}

const { fake, handle, record } = serveFakePanel<ResultState>(resultChanged);
window.fakeHost = fake;

handle(resultSnapshot, () => fake.state());
handle(resultPixels, ({ pictureId }) => {
  const picture = fake.state().pictures.find((one) => one.pictureId === pictureId);
  if (!picture) throw new FeaturescopeError('invalidInput', `No picture ${pictureId}`);
  const { width, height, seed } = picture.manifest;
  return { width, height, rgb: fakePicture(width, height, seed).buffer };
});
handle(resultGenerate, ({ form }) => {
  void fake.show({ form });
  return null;
});
record(resultCancel, resultSavePng, resultCopyText, resultReveal, resultAct);
