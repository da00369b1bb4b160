import { type ContrastSide, contrastSets } from '../../protocol/contrast.ts';
import type {
  ContrastForm,
  ContrastFormSide,
  ContrastState,
} from '../../protocol/contrastPanel.ts';
import { type ModelDescription, openRun } from '../../protocol/engine.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { PictureBase } from '../../protocol/recipe.ts';
import type { Caller } from '../../protocol/request.ts';
import { formOf } from '../panels/resultForm.ts';
import type { Report } from '../report.ts';
import type { LabelBook } from './labelBook.ts';

export interface ContrastSessionPorts {
  readonly engine: Caller;
  readonly model: {
    readonly dir: string;
    readonly isEmbedded: boolean;
    describe(): Promise<ModelDescription>;
  };
  readonly labels: LabelBook;
  readonly report: Report;
  readonly provider: () => ProviderWish;
}

/** Pictures of a collected set on one side. */
const collectedMax = 500;
/** Rows a block that are asked for. */
const rowsPerBlock = 100;

/** What the contrast panel holds and does: one contrast at a time. */
export class ContrastSession {
  readonly #ports: ContrastSessionPorts;
  readonly #onChange: () => void;
  #running: AbortController | undefined;
  #state: ContrastState;

  constructor(ports: ContrastSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
    const { isEmbedded } = ports.model;
    this.#state = { modelTitle: '', isEmbedded, status: { kind: 'idle' }, problem: null };
  }

  get state(): ContrastState {
    return this.#state;
  }

  /** The model's name stands over results. Never rejects. */
  async name(): Promise<void> {
    const title = await this.#ports.model.describe().then(
      (model) => model.title,
      () => '',
    );
    this.#set({ modelTitle: title, isEmbedded: this.#ports.model.isEmbedded });
  }

  recover(): void {
    this.#set({ problem: null });
  }

  /** Answers when it has started; a contrast that runs already ends. */
  start(form: ContrastForm): void {
    this.cancel();
    void this.#run(form);
  }

  cancel(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(form: ContrastForm): Promise<void> {
    const { engine, model, labels, provider, report } = this.#ports;
    const mine = new AbortController();
    this.#running = mine;
    const before = this.#state.status;
    const settled = before.kind === 'running' ? ({ kind: 'idle' } as const) : before;
    this.#set({ status: { kind: 'running', done: 0, total: 0 }, problem: null });
    try {
      const result = await engine.request(
        contrastSets,
        {
          ...{ modelDir: model.dir, ...labels.place, provider: provider() },
          ...{ left: sideOf(form.left), right: sideOf(form.right) },
          falseDiscoveryRate: form.falseDiscoveryRate,
          limit: rowsPerBlock,
        },
        {
          signal: mine.signal,
          onProgress: ({ done, total }) => {
            if (this.#running === mine) this.#set({ status: { kind: 'running', done, total } });
          },
        },
      );
      this.#end(mine, { status: { kind: 'done', form, result } });
    } catch (error) {
      this.#end(mine, { status: settled, problem: report.problem(error) ?? null });
    }
  }

  /** A run that another one took the place of has nothing to say; a cancelled one leaves what was there. */
  #end(mine: AbortController, change: Partial<ContrastState>): void {
    if (this.#running !== mine && this.#running !== undefined) return;
    this.#running = undefined;
    this.#set(change);
  }

  #set(change: Partial<ContrastState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}

/** One prompt a line; empty lines are none. */
const sideOf = (side: ContrastFormSide): ContrastSide =>
  side.kind === 'runs'
    ? side
    : side.kind === 'collected'
      ? {
          kind: 'collectedWord',
          setDir: side.setDir,
          word: side.word.trim().replace(/^-/, ''),
          isWithout: side.word.trim().startsWith('-'),
          limit: collectedMax,
        }
      : { kind: 'prompts', prompts: promptsOf(side.text), firstSeed: side.firstSeed };

const promptsOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);

/** The picture that a side's first entry is made of; undefined for a collected set, whose prompts the host does not hold. */
export async function pictureOf(
  side: ContrastFormSide,
  { engine, model }: Pick<ContrastSessionPorts, 'engine' | 'model'>,
): Promise<PictureBase | undefined> {
  if (side.kind === 'runs') {
    const [runId] = side.runIds;
    if (runId === undefined) return undefined;
    return formOf((await engine.request(openRun, { runId })).run.manifest);
  }
  const [prompt] = side.kind === 'prompts' ? promptsOf(side.text) : [];
  if (side.kind !== 'prompts' || prompt === undefined) return undefined;
  const { defaults } = await model.describe();
  return { prompt, negativePrompt: '', seed: side.firstSeed, ...defaults };
}
