import type {
  BoardCell,
  BoardDocument,
  BoardFindings,
  BoardJob,
  BoardRank,
  BoardVariant,
  BoardWork,
  ControlResult,
  ControlsEvidence,
  StripEvidence,
  VariantEvidence,
} from '../../protocol/boardPanel.ts';
import { cancelled, invalidInput } from '../../protocol/errors.ts';
import type { BlockReading } from '../../protocol/features.ts';
import {
  type BoardPicture,
  type BoardProgress,
  controlKinds,
  makeControls,
  makeIcon,
  makeStrip,
  rankFeatures,
  type RankedFeature,
  readDownstream,
  runBoard,
} from '../../protocol/interventions.ts';
import type { EditRecipe, PictureBase } from '../../protocol/recipe.ts';
import { progressText } from '../panels/progressText.ts';
import { basesOf } from './boardDocument.ts';
import type { BoardPorts } from './boardPorts.ts';
import { hashOf } from './boardResults.ts';
import { regionOf } from './sources.ts';
import { sourceName } from './sourceName.ts';
import { stripWithoutPictures, withoutPictures } from './withoutPictures.ts';

export interface BoardJobsPorts extends BoardPorts {
  /** Codes of a base, empty when they are not known. */
  readonly readings: (base: PictureBase) => Promise<readonly BlockReading[]>;
}

type Found = Omit<VariantEvidence, 'isStale'>;

const iconMax = 8;
const gammas = [0.5, 1, 1.5];
const downstreamTop = 20;

/** The long works of a board: one at a time, each with progress, each ended by a cancel; what was found so far stays. */
export class BoardJobs {
  readonly #ports: BoardJobsPorts;
  readonly #evidence = new Map<string, { readonly hash: string; readonly found: Found }>();
  #job: BoardJob | null = null;
  #rank: BoardRank | null = null;
  #icons: readonly StripEvidence[] = [];
  #controller: AbortController | undefined;

  constructor(ports: BoardJobsPorts) {
    this.#ports = ports;
  }

  get job(): BoardJob | null {
    return this.#job;
  }
  get rank(): BoardRank | null {
    return this.#rank;
  }
  get icons(): readonly StripEvidence[] {
    return this.#icons;
  }

  /** Pictures that evidence shows. */
  get pictureIds(): string[] {
    const strips = [...this.#icons];
    const cells: BoardCell[] = [];
    for (const { found } of this.#evidence.values()) {
      if (found.strip) strips.push(found.strip);
      const { controls } = found;
      if (controls) cells.push(controls.effect, ...controls.controls.map(({ cell }) => cell));
    }
    for (const { original, pictures } of strips) {
      cells.push(original, ...pictures.map(({ cell }) => cell));
    }
    return cells.map(({ pictureId }) => pictureId);
  }

  evidenceOf(variants: readonly BoardVariant[]): Record<string, VariantEvidence> {
    return Object.fromEntries(
      variants.flatMap(({ id, recipe }) => {
        const known = this.#evidence.get(id);
        if (!known) return [];
        return [[id, { ...known.found, isStale: known.hash !== hashOf(recipe) }] as const];
      }),
    );
  }

  /** What an earlier window found out: its figures. Ids name no picture of this one. */
  restore({ evidence, rank, icons }: BoardFindings, variants: readonly BoardVariant[]): void {
    for (const { id, recipe } of variants) {
      const known = evidence[id];
      if (!known) continue;
      const { isStale, ...found } = known;
      this.#evidence.set(id, {
        hash: isStale ? '' : hashOf(recipe),
        found: withoutPictures(found),
      });
    }
    this.#rank = rank;
    this.#icons = icons.map(stripWithoutPictures);
  }

  cancel(): void {
    this.#controller?.abort();
  }

  /** Resolves when it is done or was cancelled. @throws what the engine answers, and when other work is on */
  async start(work: BoardWork, document: BoardDocument, columnIndex: number): Promise<void> {
    if (this.#controller) throw invalidInput('The board is at work. Cancel it, or wait for it.');
    const bases = basesOf(document);
    const base = bases[columnIndex];
    if (!base) throw invalidInput('The board has no picture yet. Generate one first.');
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    try {
      this.#tell(work.kind, 'Starting', 0, 0, 'pictures');
      switch (work.kind) {
        case 'board':
          await this.#runBoard(bases, document.variants, work.isKeeping, signal);
          break;
        case 'rank':
          await this.#runRank(work, base, signal);
          break;
        case 'icon':
          await this.#runIcon(work, base, signal);
          break;
        default: {
          const variant = document.variants.find(({ id }) => id === work.variantId);
          if (!variant) throw invalidInput(`The board has no variant "${work.variantId}".`);
          if (work.kind === 'controls') await this.#runControls(work, base, variant, signal);
          else if (work.kind === 'strip') await this.#runStrip(work, base, variant, signal);
          else await this.#readDownstream(work, base, variant, signal);
        }
      }
    } finally {
      this.#controller = undefined;
      this.#job = null;
      this.#ports.onChange();
    }
  }

  /** Only what is missing: whole rows and columns of it, as the engine takes them. */
  async #runBoard(
    bases: readonly PictureBase[],
    variants: readonly BoardVariant[],
    keep: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, results, key, choice } = this.#ports;
    const isMissing = (base: PictureBase, { recipe }: BoardVariant): boolean => {
      const known = results.get(key(base, recipe));
      return !known || (keep && known.cell.runId === null);
    };
    const rows = variants.filter(
      (one) => one.recipe.edits.length > 0 && bases.some((base) => isMissing(base, one)),
    );
    const columns = bases.filter(
      (base) => !results.get(key(base, null)) || rows.some((one) => isMissing(base, one)),
    );
    if (columns.length === 0) return;
    const recipes = rows.map(({ recipe }) => recipe);
    const total = columns.length * (recipes.length + 1);
    await engine.request(
      runBoard,
      { ...choice(), bases: columns, variants: recipes, keep },
      {
        signal,
        onProgress: this.#following('board', total, (made) => {
          const recipe = made.variantIndex === null ? null : (recipes[made.variantIndex] ?? null);
          const base = columns[made.baseIndex];
          if (base) results.put(key(base, recipe), made);
        }),
      },
    );
  }

  async #runControls(
    { count, seed }: Extract<BoardWork, { kind: 'controls' }>,
    base: PictureBase,
    { id, recipe }: BoardVariant,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, results, readings, choice } = this.#ports;
    const made = await engine.request(
      makeControls,
      { ...choice(), base, recipe, kinds: controlKinds, count, seed },
      { signal },
    );
    const region = regionOf(recipe, await readings(base));
    if (signal.aborted) throw cancelled();
    const variants = [recipe, ...made.controls.map((one) => one.recipe)];
    let effect: BoardCell | undefined;
    const controls: ControlResult[] = [];
    await engine.request(
      runBoard,
      { ...choice(), bases: [base], variants, ...(region ? { region: region.mask } : {}) },
      {
        signal,
        onProgress: this.#following('controls', variants.length + 1, (picture) => {
          if (picture.variantIndex === null) return;
          const cell = results.putAlone(picture);
          if (picture.variantIndex === 0) effect = cell;
          else {
            const control = made.controls[picture.variantIndex - 1];
            if (!control) return;
            const { kind, label, mass } = control;
            controls.push({ kind, label, mass, cell });
          }
          if (!effect) return;
          const evidence: ControlsEvidence = {
            effect,
            mass: made.mass,
            region: region?.kind ?? 'everything',
            controls: [...controls],
            seed,
          };
          this.#found(id, recipe, { controls: evidence });
        }),
      },
    );
  }

  async #readDownstream(
    { count, seed }: Extract<BoardWork, { kind: 'downstream' }>,
    base: PictureBase,
    { id, recipe }: BoardVariant,
    signal: AbortSignal,
  ): Promise<void> {
    const params = { base, recipe, kinds: controlKinds, count, seed, top: downstreamTop };
    const onProgress = this.#following('downstream', 0, () => undefined);
    const downstream = await this.#ports.engine.request(
      readDownstream,
      { ...this.#ports.choice(), ...params },
      { signal, onProgress },
    );
    this.#found(id, recipe, { downstream });
  }

  async #runIcon(
    { block, source }: Extract<BoardWork, { kind: 'icon' }>,
    base: PictureBase,
    signal: AbortSignal,
  ): Promise<void> {
    const label = `${block}/${sourceName(source)}`;
    const others = this.#icons.filter((one) => one.label !== label);
    const onProgress = this.#strip('icon', { label, unit: 'γ' }, gammas, (icon) => {
      this.#icons = [icon, ...others].slice(0, iconMax);
    });
    const params = { ...this.#ports.choice(), base, block, source, gammas };
    await this.#ports.engine.request(makeIcon, params, { signal, onProgress });
  }

  async #runStrip(
    { editIndex, sourceIndex, strengths, unit }: Extract<BoardWork, { kind: 'strip' }>,
    base: PictureBase,
    { id, recipe }: BoardVariant,
    signal: AbortSignal,
  ): Promise<void> {
    const edit = recipe.edits[editIndex];
    const source = edit && 'sources' in edit ? edit.sources[sourceIndex] : undefined;
    if (!edit || !source) throw invalidInput('This edit has no feature or direction to vary.');
    const { block, mask, steps } = edit;
    const label = `${block}/${sourceName(source)}`;
    const onProgress = this.#strip('strip', { label, unit }, strengths, (strip) => {
      this.#found(id, recipe, { strip });
    });
    const params = {
      ...this.#ports.choice(),
      ...{ base, block, source, strengths, unit },
      rows: edit.kind === 'add' ? edit.rows : ('both' as const),
      ...(mask ? { mask } : {}),
      ...(steps ? { steps } : {}),
    };
    await this.#ports.engine.request(makeStrip, params, { signal, onProgress });
  }

  async #runRank(
    { count, region }: Extract<BoardWork, { kind: 'rank' }>,
    base: PictureBase,
    signal: AbortSignal,
  ): Promise<void> {
    const hasRegion = region !== undefined;
    const found: RankedFeature[] = [];
    const { features } = await this.#ports.engine.request(
      rankFeatures,
      { ...this.#ports.choice(), base, count, ...(region ? { region } : {}) },
      {
        signal,
        onProgress: (progress) => {
          if (progress.phase !== 'ranked') {
            const { phase, fraction } = progressText(progress);
            this.#tell('rank', phase, found.length, count, 'features', fraction);
            return;
          }
          found.push(progress.found);
          const totalCount = progress.totalCount;
          this.#rank = {
            features: found.toSorted((a, b) => b.effect - a.effect),
            ...{ totalCount, isComplete: false, hasRegion },
          };
          this.#tell('rank', 'Removing one by one', progress.doneCount, totalCount, 'features');
        },
      },
    );
    this.#rank = { features, totalCount: features.length, isComplete: true, hasRegion };
  }

  /** Pictures of a strip as they come, each at its strength. */
  #strip(
    kind: 'icon' | 'strip',
    about: Pick<StripEvidence, 'label' | 'unit'>,
    strengths: readonly number[],
    show: (strip: StripEvidence) => void,
  ): (progress: BoardProgress) => void {
    let original: BoardCell | undefined;
    const pictures: { strength: number; cell: BoardCell }[] = [];
    return this.#following(kind, strengths.length + 1, (made) => {
      const cell = this.#ports.results.putAlone(made);
      if (made.variantIndex === null) original = cell;
      else pictures.push({ strength: strengths[made.variantIndex] ?? 0, cell });
      if (original) show({ ...about, original, pictures: [...pictures] });
    });
  }

  #following(
    kind: BoardJob['kind'],
    expected: number,
    take: (made: BoardPicture) => void,
  ): (progress: BoardProgress) => void {
    let done = 0;
    let total = expected;
    return (progress) => {
      if (progress.phase === 'made') {
        done++;
        take(progress.made);
        this.#tell(kind, 'Making pictures', done, total, 'pictures');
      } else if (progress.phase === 'making') {
        done = progress.pictureIndex;
        total = progress.pictureCount;
        this.#tell(kind, 'Making pictures', done, total, 'pictures');
      } else {
        const { phase, fraction } = progressText(progress);
        this.#tell(kind, phase, done, total, 'pictures', fraction);
      }
    };
  }

  #tell(
    kind: BoardJob['kind'],
    phase: string,
    done: number,
    total: number,
    unit: string,
    partly = 0,
  ): void {
    const fraction = total > 0 ? Math.min(1, (done + partly) / total) : 0;
    this.#job = { kind, phase, fraction, count: { done, total, unit } };
    this.#ports.onChange();
  }

  #found(id: string, recipe: EditRecipe, found: Found): void {
    const hash = hashOf(recipe);
    const known = this.#evidence.get(id);
    const before = known?.hash === hash ? known.found : {};
    this.#evidence.set(id, { hash, found: { ...before, ...found } });
  }
}
