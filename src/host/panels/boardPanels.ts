import { invalidInput } from '../../protocol/errors.ts';
import type { BoardSession } from '../board/boardSession.ts';
import { type BoardLife, boardLife, type BoardPanelsPorts, emptyBoardTitle } from './boardLife.ts';
import { OpenPanels } from './openPanels.ts';
import { formOf } from './resultForm.ts';

/** The ablation board: one panel. It keeps its own picture when the current one changes: edits belong to a picture. */
export class BoardPanels extends OpenPanels<BoardLife> {
  readonly #ports: BoardPanelsPorts;

  constructor(ports: BoardPanelsPorts) {
    const { extensionUri } = ports;
    super({
      ...{ extensionUri, folders: null, name: 'board', title: emptyBoardTitle },
      viewType: 'featurescope.board',
      isBeside: 'always',
      // A slider shall look as if it moved the picture.
      pushIntervalMs: 30,
      make: (shell, saved) => boardLife(ports, shell, saved),
    });
    this.#ports = ports;
  }

  /** The board, with the current picture when it has none. */
  async open(): Promise<BoardSession> {
    const { session } = this.show();
    const { picture } = this.#ports.current;
    if (!session.document.base && picture) await session.setBase(picture);
    return session;
  }

  /**
   * A direction of the person's making, for the board's picture or the current one. The board opens when there is one:
   * a panel that opens takes the focus, and what asks would close.
   *
   * @throws `invalidInput` before there is a picture, and as `makeDirection`
   */
  async addDirection(): Promise<void> {
    const { picture } = this.#ports.current;
    const own = this.lives[0]?.session.document.base;
    const base = own ?? (picture ? formOf(picture.manifest) : undefined);
    if (!base) throw invalidInput('There is no picture yet. Generate one first.');
    const recipe = await this.#ports.pickDirection(base);
    if (recipe) (await this.open()).add(recipe);
  }

  /** The model is another one, or what failed for want of an engine is tried again. */
  recover(): void {
    for (const { session } of this.lives) void session.describe();
  }
}
