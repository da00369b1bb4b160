import type { BoardDocument } from '../../protocol/boardPanel.ts';
import type { Experiment, ExperimentBoard } from '../../protocol/experiment.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { BoardFile } from '../board/boardSession.ts';
import {
  documentOf,
  experimentOf,
  isSameBoard,
  type ReadExperiment,
} from './experimentDocument.ts';
import { patchText } from './patchText.ts';

export interface BoardLinkPorts {
  readonly text: () => string;
  /** Changes the file's text, as one step of its undo. */
  readonly write: (text: string) => PromiseLike<unknown>;
  /** Undo or redo of the file. */
  readonly undo: (isRedo: boolean) => void;
  readonly read: (text: string) => Promise<{ experiment: Experiment; board: ExperimentBoard }>;
}

/** What of a board the link needs. */
export interface LinkedBoard {
  readonly document: BoardDocument;
  load(document: BoardDocument): void;
  tell(error: unknown): void;
}

/** While a slider moves, the text rests; it is one step of undo. */
const restMs = 300;

/** Keeps a board and the text of its file in step, both ways. The text is the truth: what is wrong in it stops the board. */
export class BoardLink implements BoardFile {
  readonly #ports: BoardLinkPorts;
  #board: LinkedBoard | undefined;
  #read: ReadExperiment | undefined;
  #readText: string | undefined;
  #pending: BoardDocument | undefined;
  /** The board shows what is wrong with the text. */
  #isTold = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(ports: BoardLinkPorts) {
    this.#ports = ports;
  }

  /** Resolves when the board shows the file, or says why it cannot. */
  join(board: LinkedBoard): Promise<void> {
    this.#board = board;
    return this.textChanged();
  }

  readonly changed = (document: BoardDocument, isContinued: boolean): void => {
    this.#pending = document;
    clearTimeout(this.#timer);
    if (isContinued) this.#timer = setTimeout(() => void this.settle(), restMs);
    else void this.settle();
  };

  readonly undo = (isRedo: boolean): void => {
    void this.settle().then(() => {
      this.#ports.undo(isRedo);
    });
  };

  /** Resolves when all that was done on the board is in the text. */
  settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** The text is another one: by the person, by undo, or by this board. */
  async textChanged(): Promise<void> {
    const text = this.#ports.text();
    try {
      const { experiment, board } = await this.#ports.read(text);
      // Read in vain: a newer text is being read by now.
      if (text !== this.#ports.text()) return;
      const shown = this.#board?.document;
      const document = documentOf(board, null);
      this.#read = { experiment, document };
      this.#readText = text;
      if (!shown || this.#pending || (!this.#isTold && isSameBoard(shown, document))) return;
      this.#isTold = false;
      const isSamePicture = JSON.stringify(shown.base) === JSON.stringify(document.base);
      this.#board?.load({ ...document, baseRunId: isSamePicture ? shown.baseRunId : null });
    } catch (error) {
      if (text === this.#ports.text()) this.#tell(error);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #tell(error: unknown): void {
    this.#isTold = true;
    this.#board?.tell(error);
  }

  async #write(): Promise<void> {
    const document = this.#pending;
    if (!document) return;
    const text = this.#ports.text();
    if (text !== this.#readText) await this.textChanged();
    this.#pending = undefined;
    const read = this.#read;
    if (!read || text !== this.#readText || !document.base) {
      // What is wrong in the text would be lost by writing over it.
      if (read) this.#board?.load(read.document);
      this.#tell(
        invalidInput('The text of the experiment has errors: put them right first, or undo.'),
      );
      return;
    }
    const { model } = read.experiment;
    const next = patchText(text, experimentOf(document, document.base, model, read));
    if (next === text) return;
    await this.#ports.write(next);
    await this.textChanged();
  }
}
