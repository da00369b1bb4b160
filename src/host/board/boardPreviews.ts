import type { BoardState, BoardVariant } from '../../protocol/boardPanel.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { type AmountCheck, checkEdit, runBoard } from '../../protocol/interventions.ts';
import type { EditRecipe, PictureBase } from '../../protocol/recipe.ts';
import type { BoardPorts } from './boardPorts.ts';
import { hashOf } from './boardResults.ts';
import { NewestWins } from './newestWins.ts';

export interface BoardPreviewsPorts extends BoardPorts {
  readonly onMade: () => void;
  /** What is wrong with more than one recipe. */
  readonly onProblem: (error: unknown) => void;
}

interface PreviewTarget {
  readonly base: PictureBase;
  readonly id: string;
  readonly recipe: EditRecipe;
  /** Of the panel's command that it answers. */
  readonly sequence: number;
  readonly isGuardOnly: boolean;
}

/** Pictures of the variant in focus while it is changed, and what is found out about recipes on the way. */
export class BoardPreviews {
  readonly #ports: BoardPreviewsPorts;
  readonly #asked: NewestWins<PreviewTarget>;
  /** Guards and troubles belong to a recipe as it was. */
  readonly #guards = new Map<string, { hash: string; amounts: readonly AmountCheck[] }>();
  readonly #troubles = new Map<string, { hash: string; cause: string }>();
  /** The panel's last command. */
  seen = 0;
  #shown = 0;

  constructor(ports: BoardPreviewsPorts) {
    this.#ports = ports;
    this.#asked = new NewestWins(
      (target, signal) => this.#preview(target, signal),
      () => {
        ports.onChange();
      },
    );
  }

  /** What was found out about the recipes as they are now. */
  stateOf(
    variants: readonly BoardVariant[],
  ): Pick<BoardState, 'seen' | 'shown' | 'isPreviewing' | 'guards' | 'troubles'> {
    const current = <T extends { hash: string }, V>(all: Map<string, T>, value: (one: T) => V) =>
      Object.fromEntries(
        variants.flatMap(({ id, recipe }) => {
          const found = all.get(id);
          return found?.hash === hashOf(recipe) ? [[id, value(found)] as const] : [];
        }),
      );
    return {
      seen: this.seen,
      shown: this.#shown,
      isPreviewing: this.#asked.isRunning,
      guards: current(this.#guards, ({ amounts }) => amounts),
      troubles: current(this.#troubles, ({ cause }) => cause),
    };
  }

  /** The variant is made when previews are live, else its amounts are checked; nothing where that is known. */
  follow(base: PictureBase, { id, recipe }: BoardVariant, isLive: boolean): void {
    if (recipe.edits.length === 0) return;
    if (this.#ports.results.get(this.#ports.key(base, recipe))) {
      this.#shown = this.seen;
      return;
    }
    const isGuardOnly = !isLive;
    if (isGuardOnly && this.#guards.get(id)?.hash === hashOf(recipe)) return;
    this.#asked.ask({ base, id, recipe, sequence: this.seen, isGuardOnly });
  }

  cancel(): void {
    this.#asked.cancel();
  }

  async #preview(target: PreviewTarget, signal: AbortSignal): Promise<void> {
    const { id, recipe } = target;
    const hash = hashOf(recipe);
    try {
      await (target.isGuardOnly
        ? this.#check(target, hash, signal)
        : this.#make(target, hash, signal));
      this.#troubles.delete(id);
    } catch (error) {
      const { code, message } = FeaturescopeError.from(error);
      if (code === 'cancelled') return;
      if (code === 'invalidInput') this.#troubles.set(id, { hash, cause: message });
      else this.#ports.onProblem(error);
    } finally {
      this.#ports.onChange();
    }
  }

  async #check(
    { base, id, recipe }: PreviewTarget,
    hash: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, choice } = this.#ports;
    const { amounts } = await engine.request(checkEdit, { ...choice(), base, recipe }, { signal });
    this.#guards.set(id, { hash, amounts });
  }

  async #make(
    { base, id, recipe, sequence }: PreviewTarget,
    hash: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, choice, key, results, onMade } = this.#ports;
    const preview = { panel: 'board' };
    await engine.request(
      runBoard,
      { ...choice(), bases: [base], variants: [recipe], preview },
      {
        signal,
        onProgress: (progress) => {
          if (progress.phase !== 'made') return;
          const { made } = progress;
          results.put(key(base, made.variantIndex === null ? null : recipe), made);
          if (made.variantIndex !== null) this.#guards.set(id, { hash, amounts: made.amounts });
        },
      },
    );
    this.#shown = Math.max(this.#shown, sequence);
    onMade();
  }
}
