import type { Uri } from 'vscode';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { invalidInput } from '../../protocol/errors.ts';
import {
  type ProblemAction,
  resultAct,
  resultCancel,
  resultChanged,
  resultCopyText,
  resultEnlarged,
  type ResultForm,
  resultGenerate,
  resultPixels,
  resultReveal,
  type ResultSavedState,
  resultSavePng,
  resultSnapshot,
} from '../../protocol/resultPanel.ts';
import { promptLine, shortened } from '../words.ts';
import { answered } from './answered.ts';
import type { PanelLife } from './openPanels.ts';
import type { PanelShell } from './panelShell.ts';
import { ResultSession, type ResultSessionPorts, type ShownPicture } from './resultSession.ts';

const titleLength = 32;
export const emptyTitle = 'SAE Result';

export interface ResultPanelsPorts extends ResultSessionPorts {
  readonly extensionUri: Uri;
  readonly savePng: (picture: ShownPicture) => Promise<void>;
  readonly reveal: (picture: ShownPicture) => Promise<void>;
  readonly copyText: (text: string) => PromiseLike<void>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
  readonly onChange: () => void;
}

export interface ResultLife extends PanelLife {
  readonly session: ResultSession;
}

/** What one result panel does. Closing it cancels what it runs. */
export function resultLife(
  ports: ResultPanelsPorts,
  shell: PanelShell,
  saved: unknown,
): ResultLife {
  const session = new ResultSession(ports, () => {
    const { prompt } = session.state.form;
    shell.title = prompt === '' ? emptyTitle : shortened(promptLine(prompt), titleLength);
    shell.changed();
    ports.onChange();
  });
  if (saved !== undefined) void session.show(savedPictures(saved), savedForm(saved));
  return {
    session,
    dispatcher: () => resultDispatcher(session, ports),
    push: () => {
      shell.notify(resultChanged, session.state);
    },
    dispose: () => {
      void session.cancel();
    },
  };
}

function resultDispatcher(session: ResultSession, ports: ResultPanelsPorts): Dispatcher {
  const pictureOf = (pictureId: string): ShownPicture => {
    const picture = session.picture(pictureId);
    if (!picture) throw invalidInput(`The panel has no picture "${pictureId}".`);
    return picture;
  };
  const act = (action: ProblemAction | 'showLog'): unknown => {
    const { unkept } = session;
    return action === 'saveElsewhere' && unkept ? ports.savePng(unkept) : ports.act(action);
  };
  const dispatcher = new Dispatcher();
  dispatcher.handle(resultSnapshot, () => session.state);
  dispatcher.handle(resultPixels, ({ pictureId }) => {
    const { width, height, rgb } = pictureOf(pictureId).picture;
    return { width, height, rgb: new Uint8Array(rgb).buffer };
  });
  dispatcher.handle(resultGenerate, ({ form, seedCount }) =>
    answered(session.generate(form, seedCount)),
  );
  dispatcher.handle(resultEnlarged, ({ pictureId }) => {
    session.choose(pictureId);
    return null;
  });
  dispatcher.handle(resultCancel, () => answered(session.cancel()));
  dispatcher.handle(resultSavePng, ({ pictureId }) =>
    answered(ports.savePng(pictureOf(pictureId))),
  );
  dispatcher.handle(resultReveal, ({ pictureId }) => answered(ports.reveal(pictureOf(pictureId))));
  dispatcher.handle(resultCopyText, ({ text }) => answered(ports.copyText(text)));
  dispatcher.handle(resultAct, ({ action }) => answered(act(action)));
  return dispatcher;
}

const savedPictures = (saved: unknown): readonly string[] => {
  const { pictureIds } = (saved ?? {}) as Partial<ResultSavedState>;
  const ids: readonly unknown[] = Array.isArray(pictureIds) ? pictureIds : [];
  return ids.filter((id) => typeof id === 'string');
};

/** What a page of this version left behind; a form of another version is not taken over. */
function savedForm(saved: unknown): ResultForm | undefined {
  const { form } = (saved ?? {}) as Partial<ResultSavedState>;
  return typeof form?.prompt === 'string' && typeof form.seed === 'number' ? form : undefined;
}
