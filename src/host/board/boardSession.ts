import type {
  BoardCell,
  BoardColumn,
  BoardCommand,
  BoardDocument,
  BoardState,
  BoardWork,
} from '../../protocol/boardPanel.ts';
import { openRun, type Picture } from '../../protocol/engine.ts';
import { invalidInput } from '../../protocol/errors.ts';
import { type BlockDescription, listBlocks } from '../../protocol/features.ts';
import { copyEdit, type CopyParams } from '../../protocol/interventions.ts';
import type { RunManifest } from '../../protocol/manifest.ts';
import type { EditRecipe, PictureBase } from '../../protocol/recipe.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import type { RunReadings } from '../features/runReadings.ts';
import { formOf } from '../panels/resultForm.ts';
import type { Report } from '../report.ts';
import type { Settings } from '../settings.ts';
import { basesOf, columnLabel, emptyDocument } from './boardDocument.ts';
import { type BoardHistory, perform, redo, startHistory, undo } from './boardHistory.ts';
import { BoardJobs } from './boardJobs.ts';
import { BoardPreviews } from './boardPreviews.ts';
import { BoardResults, hashOf, type KnownPicture } from './boardResults.ts';
import { checkRecipe } from './checkRecipe.ts';
import { readSavedBoard } from './savedBoard.ts';
import { boardBlock, withSaes } from './sources.ts';

export interface BoardSessionPorts {
  readonly engine: Caller;
  readonly model: CurrentModel;
  readonly settings: Settings;
  readonly readings: RunReadings;
  readonly report: Report;
  /** Where the document is kept, when a file has it: the file's text is the truth, and its undo the only one. */
  readonly file?: BoardFile;
}

export interface BoardFile {
  /** @param isContinued more of the same movement may follow */
  readonly changed: (document: BoardDocument, isContinued: boolean) => void;
  readonly undo: (isRedo: boolean) => void;
}

/** A picture of an experiment's results, as it was made or read. */
export interface ResultPicture {
  readonly row: Pick<BoardCell, 'figures' | 'amounts'>;
  readonly picture: Picture;
  readonly manifest: RunManifest;
}

/** What undo is called where the file does it. */
const fileStep = 'last change of the file';

/** What the ablation board holds and does; it knows nothing of windows. */
export class BoardSession {
  readonly #ports: BoardSessionPorts;
  readonly #onChange: () => void;
  readonly #results = new BoardResults();
  readonly #jobs: BoardJobs;
  readonly #previews: BoardPreviews;
  #history: BoardHistory = startHistory(emptyDocument);
  #blocks: readonly BlockDescription[] = [];
  #modelTitle = '';
  #described: Promise<void> | undefined;
  #focusId: string | null = null;
  #focusColumn = 0;
  #paintRequests = 0;
  #isLive = true;
  #isKeeping = true;
  #problem: Problem | null = null;

  constructor(ports: BoardSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
    const shared = {
      engine: ports.engine,
      results: this.#results,
      key: (base: PictureBase, recipe: EditRecipe | null) => this.#key(base, recipe),
      choice: () => this.#choice,
    };
    this.#previews = new BoardPreviews({
      ...shared,
      onMade: () => {
        this.#trim();
      },
      onProblem: (error) => {
        this.#problem = ports.report.problem(error) ?? null;
      },
      onChange,
    });
    this.#jobs = new BoardJobs({
      ...shared,
      readings: (base) => this.#readingsOf(base),
      onChange,
    });
  }

  get document(): BoardDocument {
    return this.#history.document;
  }

  get state(): BoardState {
    const { document, past, future } = this.#history;
    const { file } = this.#ports;
    const focusId = document.variants.some(({ id }) => id === this.#focusId) ? this.#focusId : null;
    const columns = basesOf(document).map((base) => this.#column(base));
    return {
      document,
      columns,
      undo: file ? fileStep : (past.at(-1)?.label ?? null),
      redo: file ? fileStep : (future.at(-1)?.label ?? null),
      isFile: file !== undefined,
      focusId,
      focusColumn: Math.min(this.#focusColumn, Math.max(0, columns.length - 1)),
      paintRequests: this.#paintRequests,
      blocks: this.#blocks.map(boardBlock),
      modelTitle: this.#modelTitle,
      isEmbedded: this.#ports.model.isEmbedded,
      isLive: this.#isLive,
      isKeeping: this.#isKeeping,
      ...this.#previews.stateOf(document.variants),
      job: this.#jobs.job,
      ground: this.#ground,
      evidence: this.#jobs.evidenceOf(document.variants),
      rank: this.#jobs.rank,
      icons: this.#jobs.icons,
      problem: this.#problem,
    };
  }

  /** @param sequence of the panel's own commands; those of the host have none */
  perform(command: BoardCommand, sequence?: number): void {
    if (sequence !== undefined) this.#previews.seen = sequence;
    const known = new Set(this.document.variants.map(({ id }) => id));
    this.#history = perform(this.#history, this.#withSaes(command));
    const added = this.document.variants.find(({ id }) => !known.has(id));
    if (added) this.#focusId = added.id;
    else if (command.kind === 'setRecipe') this.#focusId = command.id;
    const isContinued = command.kind === 'setRecipe' && command.isContinued === true;
    this.#ports.file?.changed(this.document, isContinued);
    this.#changed();
  }

  /** What its file says: the document is another one, the focus stays where it is. */
  load(document: BoardDocument): void {
    this.#history = startHistory(document);
    this.#problem = null;
    this.#changed();
  }

  /** Something that keeps the board from following its file. */
  tell(error: unknown): void {
    this.#problem = this.#ports.report.problem(error) ?? null;
    this.#onChange();
  }

  /**
   * A picture of an experiment's results.
   *
   * @param variantId null: the unedited one
   */
  adopt(
    columnIndex: number,
    variantId: string | null,
    { row, picture, manifest }: ResultPicture,
  ): void {
    const base = basesOf(this.document)[columnIndex];
    const variant = this.document.variants.find(({ id }) => id === variantId);
    if (!base || (variantId !== null && !variant)) return;
    const key = this.#key(base, variant?.recipe ?? null);
    if (this.#results.get(key)) return;
    this.#results.putResult(key, row, manifest, picture);
    this.#trim();
    this.#onChange();
  }

  undo(isRedo: boolean): void {
    const { file } = this.#ports;
    if (file) {
      file.undo(isRedo);
      return;
    }
    this.#history = isRedo ? redo(this.#history) : undo(this.#history);
    this.#changed();
  }

  focus(variantId: string | null, columnIndex: number): void {
    this.#focusId = variantId;
    this.#focusColumn = columnIndex;
    this.#changed();
  }

  setOptions(options: { readonly isLive?: boolean; readonly isKeeping?: boolean }): void {
    this.#isLive = options.isLive ?? this.#isLive;
    this.#isKeeping = options.isKeeping ?? this.#isKeeping;
    if (!this.#isLive) this.#previews.cancel();
    this.#changed();
  }

  add(recipe: EditRecipe, { isPainted = false } = {}): void {
    this.perform({ kind: 'addVariant', recipe });
    if (isPainted) this.#paintRequests++;
    this.#onChange();
  }

  /** @throws `invalidInput` for a text that is no recipe */
  async paste(text: string): Promise<void> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw invalidInput('The clipboard holds no recipe: its text is not JSON.');
    }
    const recipe = await checkRecipe(value, 'The pasted recipe');
    if (recipe.base && !this.document.base) {
      this.perform({ kind: 'setBase', base: recipe.base, runId: null });
    }
    this.add(recipe);
  }

  /** The board's picture; an edited run brings its edit along as a variant. */
  async setBase({ runId, manifest }: KeptPicture): Promise<void> {
    const base = formOf(manifest);
    this.perform({ kind: 'setBase', base, runId });
    const isNew = !this.document.variants.some(
      ({ recipe }) => manifest.recipe && hashOf(recipe) === hashOf(manifest.recipe),
    );
    if (manifest.recipe && isNew) this.add(await checkRecipe(manifest.recipe, 'The run'));
    await this.#loadOriginal(base, runId);
  }

  async start(work: BoardWork): Promise<void> {
    this.#problem = null;
    await this.#reporting(() => this.#jobs.start(work, this.document, this.state.focusColumn));
  }

  cancel(): void {
    this.#jobs.cancel();
  }

  find(pictureId: string): KnownPicture {
    const known = this.#results.find(pictureId);
    if (!known) throw invalidInput('This picture is no longer kept in memory. Run it again.');
    return known;
  }

  async copy(variantId: string, form: CopyParams['form']): Promise<string> {
    const variant = this.document.variants.find(({ id }) => id === variantId);
    const base = basesOf(this.document)[this.state.focusColumn];
    if (!variant || !base) throw invalidInput('There is no picture to copy the edit for.');
    const params = { ...this.#choice, base, recipe: variant.recipe, form };
    return (await this.#ports.engine.request(copyEdit, params)).text;
  }

  /** What the model offers; asked for when the board opens and when the model changes. */
  describe(): Promise<void> {
    this.#described = this.#describe();
    return this.#described;
  }

  /** Resolves when the blocks are known, or could not be had. */
  described(): Promise<void> {
    return this.#described ?? this.describe();
  }

  /** After a reload of the window: the document, and the pictures that are still kept. */
  async restore(saved: unknown): Promise<void> {
    const board = await readSavedBoard(saved);
    if (!board) return;
    this.#history = startHistory(board.document);
    this.#isLive = board.isLive;
    this.#isKeeping = board.isKeeping;
    this.#focusId = board.focusId;
    if (board.found?.ground === this.#ground)
      this.#jobs.restore(board.found, board.document.variants);
    this.#onChange();
    const bases = basesOf(board.document);
    const { base, baseRunId, variants } = board.document;
    const works = board.kept.map(async ({ columnIndex, variantId, runId, figures, amounts }) => {
      const column = bases[columnIndex];
      const recipe = variants.find(({ id }) => id === variantId)?.recipe;
      if (!column || (variantId !== null && !recipe)) return;
      const { run, picture } = await this.#ports.engine.request(openRun, { runId });
      const key = this.#key(column, recipe ?? null);
      this.#results.putKept(key, { runId, figures, amounts }, run.manifest, picture);
      this.#onChange();
    });
    // A run that is gone leaves its cell empty; it can be run again.
    await Promise.allSettled(works);
    if (base && baseRunId !== null) await this.#loadOriginal(base, baseRunId);
  }

  dispose(): void {
    this.#previews.cancel();
    this.#jobs.cancel();
  }

  async #describe(): Promise<void> {
    const { engine, model } = this.#ports;
    const before = this.#problem;
    await this.#reporting(async () => {
      this.#blocks = await engine.request(listBlocks, { modelDir: model.dir });
      // What was told meanwhile, of the board's file, stays.
      if (this.#problem === before) this.#problem = null;
      const description = await model.describe().catch(() => undefined);
      this.#modelTitle = description?.title ?? '';
    });
    this.#changed();
  }

  get #choice() {
    return { modelDir: this.#ports.model.dir, provider: this.#ports.settings.provider };
  }

  get #ground(): string {
    const { modelDir, provider } = this.#choice;
    return `${modelDir}\n${provider}`;
  }

  #key(base: PictureBase, recipe: EditRecipe | null): string {
    return BoardResults.key(this.#ground, base, recipe);
  }

  #column(base: PictureBase): BoardColumn {
    const edited = this.document.variants.flatMap(({ id, recipe }) => {
      const known = this.#results.get(this.#key(base, recipe));
      return known ? [[id, known.cell] as const] : [];
    });
    return {
      base,
      label: columnLabel(this.document.axis, base),
      original: this.#results.get(this.#key(base, null))?.cell ?? null,
      edited: Object.fromEntries(edited),
    };
  }

  #withSaes(command: BoardCommand): BoardCommand {
    if (command.kind !== 'addVariant' && command.kind !== 'setRecipe') return command;
    return { ...command, recipe: withSaes(command.recipe, this.#blocks) };
  }

  #changed(): void {
    this.#previewFocus();
    this.#onChange();
  }

  #previewFocus(): void {
    const { document, focusColumn, focusId } = this.state;
    const variant = document.variants.find(({ id }) => id === focusId);
    const base = basesOf(document)[focusColumn];
    if (!variant || !base || this.#blocks.length === 0) return;
    this.#previews.follow(base, variant, this.#isLive);
  }

  #trim(): void {
    const shown = this.state.columns.flatMap(({ original, edited }) =>
      [original, ...Object.values(edited)].flatMap((cell) => cell?.pictureId ?? []),
    );
    this.#results.trim(new Set([...shown, ...this.#jobs.pictureIds]));
  }

  /** The unedited picture from the run store, before anything was run. */
  async #loadOriginal(base: PictureBase, runId: string): Promise<void> {
    const key = this.#key(base, null);
    if (this.#results.get(key)) return;
    const opened = await this.#ports.engine.request(openRun, { runId }).catch(() => undefined);
    if (!opened || opened.run.manifest.recipe || this.#results.get(key)) return;
    const { picture, run } = opened;
    this.#results.putKept(key, { runId, figures: null, amounts: [] }, run.manifest, picture);
    this.#onChange();
  }

  /** Readings of the kept run belong to its own picture only. */
  async #readingsOf(base: PictureBase) {
    const { base: own, baseRunId } = this.document;
    if (baseRunId === null || JSON.stringify(own) !== JSON.stringify(base)) return [];
    return this.#ports.readings.of(baseRunId).catch(() => []);
  }

  async #reporting(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#problem = this.#ports.report.problem(error) ?? null;
    } finally {
      this.#trim();
      this.#onChange();
    }
  }
}
