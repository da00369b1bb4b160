import type { Uri } from 'vscode';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import {
  featuresAct,
  featuresChanged,
  featuresCompare,
  featuresCopyText,
  featuresGenerate,
  featuresPin,
  featuresPixels,
  featuresReadings,
  featuresSaveFile,
  featuresSelect,
  featuresSnapshot,
  featuresStep,
  featuresUnet,
  type FeatureSavedState,
} from '../../protocol/featurePanel.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import { runTitle } from '../../protocol/runTitle.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import { shortened } from '../words.ts';
import { answered } from './answered.ts';
import { FeatureSession, type FeatureSessionPorts } from './featureSession.ts';
import type { PanelLife } from './openPanels.ts';
import type { PanelShell } from './panelShell.ts';

const titleLength = 24;
export const emptyFeatureTitle = 'SAE Features';

export interface FeaturePanelsPorts extends FeatureSessionPorts {
  readonly extensionUri: Uri;
  readonly copyText: (text: string) => PromiseLike<void>;
  /** Asks where and writes; does nothing when the person changes their mind. */
  readonly saveFile: (name: string, bytes: Uint8Array) => Promise<void>;
  /** Lets the person choose among the kept runs. */
  readonly pickOther: () => Promise<KeptPicture | undefined>;
  /** Makes the picture again, or the first one. */
  readonly generate: (picture: KeptPicture | null) => PromiseLike<unknown>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

export interface FeatureLife extends PanelLife {
  readonly session: FeatureSession;
}

/** What the feature view does. */
export function featureLife(
  ports: FeaturePanelsPorts,
  shell: PanelShell,
  saved: unknown,
): FeatureLife {
  const changed = (): void => {
    const { picture } = session.state;
    shell.title = picture
      ? `Features: ${shortened(runTitle(picture.manifest), titleLength)}`
      : emptyFeatureTitle;
    shell.changed();
  };
  const session = new FeatureSession(ports, changed);
  changed();
  if (saved !== undefined) {
    const { runId, otherRunId } = (saved ?? {}) as Partial<FeatureSavedState>;
    void session.restore(textOrNull(runId), textOrNull(otherRunId));
  }
  return {
    session,
    dispatcher: () => featureDispatcher(session, ports),
    push: () => {
      shell.notify(featuresChanged, session.state);
    },
    dispose: () => undefined,
  };
}

function featureDispatcher(session: FeatureSession, ports: FeaturePanelsPorts): Dispatcher {
  const compare = async (isOn: boolean): Promise<void> => {
    const other = isOn ? await ports.pickOther() : null;
    if (other !== undefined) session.compareWith(other);
  };
  const dispatcher = new Dispatcher();
  dispatcher.handle(featuresSnapshot, () => session.state);
  dispatcher.handle(featuresPixels, async ({ runId }) => {
    const { width, height, rgb } = await session.pixels(runId);
    return { width, height, rgb: new Uint8Array(rgb).buffer };
  });
  dispatcher.handle(featuresReadings, ({ runId }) => session.readings(runId));
  dispatcher.handle(featuresSelect, ({ feature }) => {
    ports.choice.select(feature);
    return null;
  });
  dispatcher.handle(featuresStep, ({ stepIndex }) => {
    ports.current.showStep(stepIndex);
    return null;
  });
  dispatcher.handle(featuresUnet, () => ports.modelBlocks.parts());
  dispatcher.handle(featuresPin, ({ feature, isPinned }) =>
    answered(ports.choice.pin(feature, isPinned)),
  );
  dispatcher.handle(featuresCompare, ({ isOn }) => answered(compare(isOn)));
  dispatcher.handle(featuresCopyText, ({ text }) => answered(ports.copyText(text)));
  dispatcher.handle(featuresSaveFile, ({ name, bytes }) =>
    answered(ports.saveFile(name, new Uint8Array(bytes))),
  );
  dispatcher.handle(featuresGenerate, () => answered(ports.generate(ports.current.picture)));
  dispatcher.handle(featuresAct, ({ action }) => answered(ports.act(action)));
  return dispatcher;
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
