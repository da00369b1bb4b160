import { basename } from 'node:path';
import {
  commands,
  type CustomTextEditorProvider,
  Range,
  type TextDocument,
  type Uri,
  type WebviewPanel,
  window,
  workspace,
  WorkspaceEdit,
} from 'vscode';
import {
  openExperimentPicture,
  readExperimentBoard,
  readExperimentResults,
} from '../../protocol/experiment.ts';
import type { BoardSession, ResultPicture } from '../board/boardSession.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import { boardLife, type BoardPanelsPorts, emptyBoardTitle } from '../panels/boardLife.ts';
import { PanelShell } from '../panels/panelShell.ts';
import { BoardLink } from './boardLink.ts';
import { experimentFrom } from './experimentFile.ts';

export const experimentViewType = 'featurescope.experiment';

interface Open {
  readonly uri: string;
  readonly session: BoardSession;
  readonly link: BoardLink;
}

/** Experiments' files as boards: the text and the board of one file stay in step, and share the file's undo. */
export class ExperimentEditors implements CustomTextEditorProvider, Disposable {
  readonly #ports: BoardPanelsPorts;
  readonly #owned = new Disposables();
  #open: readonly Open[] = [];

  constructor(ports: BoardPanelsPorts) {
    this.#ports = ports;
    this.#owned.add(
      window.registerCustomEditorProvider(experimentViewType, this, {
        supportsMultipleEditorsPerDocument: true,
      }),
    );
  }

  async resolveCustomTextEditor(document: TextDocument, panel: WebviewPanel): Promise<void> {
    const { engine, extensionUri } = this.#ports;
    const { fsPath: path } = document.uri;
    const shell = new PanelShell(panel, {
      ...{ extensionUri, folders: null, name: 'board', title: emptyBoardTitle },
      pushIntervalMs: 30,
    });
    const link = new BoardLink({
      text: () => document.getText(),
      write: (text) => replaceText(document, text),
      undo: (isRedo) => void commands.executeCommand(isRedo ? 'redo' : 'undo'),
      read: async (text) => ({
        experiment: await experimentFrom(text, basename(path)),
        board: await engine.request(readExperimentBoard, { path, text }),
      }),
    });
    const life = boardLife({ ...this.#ports, file: link }, shell, undefined);
    const { session } = life;
    const open: Open = { uri: document.uri.toString(), session, link };
    this.#open = [...this.#open, open];
    shell.serve(life);
    const following = workspace.onDidChangeTextDocument((event) => {
      if (event.document === document && event.contentChanges.length > 0) void link.textChanged();
    });
    panel.onDidDispose(() => {
      this.#open = this.#open.filter((one) => one !== open);
      following.dispose();
      link.dispose();
      life.dispose();
    });
    await link.join(session);
    void this.#showResults(document, session);
  }

  /** What was done on the boards of a file is in its text. */
  async settle(uri: Uri): Promise<void> {
    await Promise.all(this.#of(uri).map(({ link }) => link.settle()));
  }

  /** A picture that was made for a file is shown on its boards. */
  show(uri: Uri, column: number, variant: string | null, made: ResultPicture): void {
    for (const { session } of this.#of(uri)) session.adopt(column, variant, made);
  }

  /** The model is another one, or what failed for want of an engine is tried again. */
  recover(): void {
    for (const { session, link } of this.#open) {
      void session.describe().then(() => link.textChanged());
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #of(uri: Uri): readonly Open[] {
    return this.#open.filter((one) => one.uri === uri.toString());
  }

  /** Pictures that were made before; without any the board is as it is. */
  async #showResults(document: TextDocument, session: BoardSession): Promise<void> {
    const { engine, model, settings } = this.#ports;
    const { fsPath: path } = document.uri;
    const text = document.getText();
    const params = { path, text, modelDir: model.dir, provider: settings.provider };
    try {
      const { rows } = await engine.request(readExperimentResults, params);
      for (const row of rows) {
        const open = { ...params, picture: row.picture };
        const { picture, manifest } = await engine.request(openExperimentPicture, open);
        if (document.getText() !== text) return;
        session.adopt(row.column, row.variant, { row, picture, manifest });
      }
    } catch {
      // The board says itself what is wrong with the text; a picture that is gone can be run again.
    }
  }
}

/** One step of undo that touches only what differs. */
async function replaceText(document: TextDocument, next: string): Promise<void> {
  const text = document.getText();
  let start = 0;
  const shorter = Math.min(text.length, next.length);
  while (start < shorter && text[start] === next[start]) start++;
  let end = 0;
  while (end < shorter - start && text.at(-1 - end) === next.at(-1 - end)) end++;
  const range = new Range(document.positionAt(start), document.positionAt(text.length - end));
  const edit = new WorkspaceEdit();
  edit.replace(document.uri, range, next.slice(start, next.length - end));
  await workspace.applyEdit(edit);
}
