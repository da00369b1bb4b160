import { Dispatcher } from '../../protocol/dispatcher.ts';
import {
  explainAddFiles,
  explainCancel,
  explainChanged,
  explainChooseFile,
  explainContent,
  type ExplainForm,
  explainKeep,
  explainPickControl,
  type ExplainSavedState,
  explainShowRun,
  explainSnapshot,
  explainStart,
  explainUseStart,
  startForm,
} from '../../protocol/explainPanel.ts';
import { type PanelServicePorts, servePanel } from '../cards/panelServices.ts';
import { answered } from '../panels/answered.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { ExplainSession, type ExplainSessionPorts } from './explainSession.ts';
import { pickPictures } from './pickPictures.ts';

export type ExplainPanelsPorts = ExplainSessionPorts &
  PanelServicePorts &
  Pick<PanelShellOptions, 'extensionUri' | 'folders'>;

interface ExplainLife extends PanelLife {
  readonly session: ExplainSession;
}

/** Which features pictures have, whoever made them. */
export class ExplainPanels extends OpenPanels<ExplainLife> {
  constructor(ports: ExplainPanelsPorts) {
    const { extensionUri, folders } = ports;
    super({
      ...{ extensionUri, folders, name: 'explain', title: 'Explain Picture' },
      viewType: 'featurescope.explain',
      isBeside: true,
      make: (shell, saved) => explainLife(ports, shell, saved),
    });
  }

  open(paths: readonly string[]): void {
    this.show().session.open(paths);
  }

  recover(): void {
    for (const { session } of this.lives) session.recover();
  }
}

function explainLife(ports: ExplainPanelsPorts, shell: PanelShell, saved: unknown): ExplainLife {
  const session = new ExplainSession(ports, () => {
    const { files, current } = session.state;
    const name = files[current]?.name;
    shell.title = name === undefined ? 'Explain Picture' : `Explain: ${name}`;
    shell.changed();
  });
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    servePanel(table, ports, (path) => shell.uriOf(path));
    table.handle(explainSnapshot, () => session.state);
    table.handle(explainContent, ({ resultId }) => session.content(resultId));
    table.handle(explainStart, (form) => {
      session.start(form);
      return null;
    });
    table.handle(explainCancel, () => {
      session.cancel();
      return null;
    });
    table.handle(explainChooseFile, ({ index }) => {
      session.chooseFile(index);
      return null;
    });
    table.handle(explainAddFiles, async () => {
      session.add(await pickPictures('Explain Active Features', true));
      return null;
    });
    table.handle(explainPickControl, async () => {
      const [path] = await pickPictures('Compare With', false);
      return path === undefined ? null : { path };
    });
    table.handle(explainKeep, () => {
      session.keep();
      return null;
    });
    table.handle(explainShowRun, () => answered(session.showRun()));
    table.handle(explainUseStart, () => answered(session.useStart()));
    return table;
  };
  const state = savedOf(saved);
  if (state) session.open(state.paths, state.current, state.form);
  return {
    session,
    dispatcher,
    push: () => {
      shell.notify(explainChanged, session.state);
    },
    dispose: () => {
      session.dispose();
    },
  };
}

/** What the page kept; of unknown age and shape. */
function savedOf(saved: unknown): ExplainSavedState | undefined {
  const { paths, current, form } = (saved ?? {}) as Partial<ExplainSavedState>;
  const isList = Array.isArray(paths) && paths.every((path) => typeof path === 'string');
  if (!isList || typeof current !== 'number') return undefined;
  return { paths, current, form: { ...startForm, ...(form as Partial<ExplainForm> | undefined) } };
}
