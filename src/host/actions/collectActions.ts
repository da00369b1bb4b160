import { basename, join } from 'node:path';
import { type QuickPickItem, Uri, window } from 'vscode';
import {
  collectKind,
  type CollectParams,
  type CollectPlan,
  type CollectPrompts,
  describePrompts,
  planCollect,
} from '../../protocol/collect.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { listBlocks } from '../../protocol/features.ts';
import { startJob } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { Settings } from '../settings.ts';
import { type CollectRow, collectRows, parseSteps } from './collectDraft.ts';

export interface CollectPorts {
  readonly engine: Caller;
  readonly model: CurrentModel;
  readonly settings: Settings;
  /** Where sets go unless the person says otherwise. */
  readonly collectedDir: () => string;
  /** File of the prompts that come with the extension. */
  readonly generalPrompts: string;
  /** Shows the job that was started. */
  readonly showJobs: () => Promise<void>;
}

const title = 'Collect Activations';
const grammarCount = 1000;

/** "Collect Activations…": one list that says what would be made and how large it is; each row can be changed. */
export class CollectActions {
  readonly #ports: CollectPorts;
  /** What was chosen last for this model. */
  #draft: CollectParams | undefined;
  #promptsTitle = '';

  constructor(ports: CollectPorts) {
    this.#ports = ports;
  }

  async collect(): Promise<void> {
    let draft = await this.#firstDraft();
    while (draft) {
      this.#draft = draft;
      const current = draft;
      const planned = this.#plan(current);
      const rows = planned.then((plan) => collectRows(current, plan, this.#promptsTitle));
      const picked = await window.showQuickPick<CollectRow>(rows, {
        title,
        placeHolder: 'What is collected; choose a row to change it',
        ignoreFocusOut: true,
      });
      if (!picked) return;
      const plan = await planned;
      if (picked.id === 'start') {
        if ('problem' in plan || plan.isTooLarge) continue;
        await this.#start(current);
        return;
      }
      draft = (await this.#change(picked.id, current, plan)) ?? current;
    }
  }

  async #start(params: CollectParams): Promise<void> {
    await this.#ports.engine.request(startJob, { kind: collectKind, params });
    this.#draft = undefined;
    await this.#ports.showJobs();
  }

  async #plan(draft: CollectParams): Promise<CollectPlan | { readonly problem: string }> {
    try {
      return await this.#ports.engine.request(planCollect, draft);
    } catch (thrown) {
      const error = FeaturescopeError.from(thrown);
      // What the person can change stands in the list; anything else is reported.
      if (error.code !== 'invalidInput' && error.code !== 'model') throw error;
      return { problem: error.message };
    }
  }

  async #firstDraft(): Promise<CollectParams | undefined> {
    const { model, settings, collectedDir } = this.#ports;
    const { dir: modelDir, title: modelTitle } = await model.describe();
    if (this.#draft?.modelDir === modelDir) return this.#draft;
    const chosen = await this.#askPrompts(modelDir);
    if (!chosen) return undefined;
    const when = new Date().toISOString().slice(0, 19).replace(/\D/g, '');
    const name = modelTitle.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    return {
      modelDir,
      provider: settings.provider,
      dir: join(collectedDir(), `${name}-${when}`),
      ...chosen,
    };
  }

  /** Undefined when the person leaves. */
  async #askPrompts(
    modelDir: string,
  ): Promise<Pick<CollectParams, 'prompts' | 'pictureCount'> | undefined> {
    const { engine, generalPrompts } = this.#ports;
    const { grammarTitle } = await engine.request(describePrompts, { modelDir });
    const items: (QuickPickItem & { readonly source: 'grammar' | 'general' | 'file' })[] = [
      ...(grammarTitle === null
        ? []
        : [
            {
              label: `$(symbol-structure) ${grammarTitle}`,
              detail: 'Prompts drawn from the grammar of this model; as many as you like.',
              source: 'grammar' as const,
            },
          ]),
      {
        label: '$(symbol-string) General prompts',
        detail: '2,000 sentences about many things, in many styles, that come with the extension.',
        source: 'general',
      },
      {
        label: '$(file) A file of prompts…',
        detail: 'One prompt a line, or a column of a CSV, TSV or JSONL table.',
        source: 'file',
      },
    ];
    const picked = await window.showQuickPick(items, {
      title,
      placeHolder: 'Where do the prompts come from?',
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    if (picked.source === 'general') {
      this.#promptsTitle = 'general prompts';
      return { prompts: { file: generalPrompts }, pictureCount: undefined };
    }
    if (picked.source === 'grammar') {
      this.#promptsTitle = grammarTitle ?? '';
      return { prompts: { grammar: null, seed: 0 }, pictureCount: grammarCount };
    }
    const prompts = await this.#askFile();
    return prompts && { prompts, pictureCount: undefined };
  }

  async #askFile(): Promise<CollectPrompts | undefined> {
    const [uri] =
      (await window.showOpenDialog({
        title: 'File of prompts',
        openLabel: 'Use These Prompts',
        filters: { Prompts: ['txt', 'csv', 'tsv', 'jsonl', 'ndjson'], 'All files': ['*'] },
      })) ?? [];
    if (!uri) return undefined;
    const file = Uri.file(uri.fsPath).fsPath;
    const { columns } = await this.#ports.engine.request(describePrompts, { file });
    this.#promptsTitle = basename(file);
    if (columns.length < 2) return { file };
    const column = await window.showQuickPick([...columns], {
      title,
      placeHolder: `Which column of ${basename(file)} holds the prompts?`,
      ignoreFocusOut: true,
    });
    return column === undefined ? undefined : { file, column };
  }

  async #change(
    id: Exclude<CollectRow['id'], 'start'>,
    draft: CollectParams,
    plan: CollectPlan | { readonly problem: string },
  ): Promise<CollectParams | undefined> {
    const facts = 'problem' in plan ? undefined : plan;
    switch (id) {
      case 'prompts': {
        const chosen = await this.#askPrompts(draft.modelDir);
        return chosen && { ...draft, ...chosen };
      }
      case 'count': {
        const pictureCount = await askNumber('Pictures to make', facts?.pictureCount, wholeFrom(1));
        return pictureCount === undefined ? undefined : { ...draft, pictureCount };
      }
      case 'blocks': {
        const blocks = await this.#askBlocks(draft, facts);
        return blocks && { ...draft, blocks };
      }
      case 'steps':
        return askSteps(draft, facts);
      case 'guidance': {
        const prompt = 'Guidance scale; above 1 each step takes twice the time';
        const guidanceScale = await askNumber(prompt, facts?.guidanceScale, numberFrom(0));
        return guidanceScale === undefined ? undefined : { ...draft, guidanceScale };
      }
      case 'seeds':
        return askSeeds(draft);
      case 'folder':
        return askFolder(draft);
    }
  }

  async #askBlocks(
    { modelDir, blocks: chosen = [] }: CollectParams,
    plan: CollectPlan | undefined,
  ): Promise<readonly string[] | undefined> {
    const blocks = await this.#ports.engine.request(listBlocks, { modelDir });
    const picked = plan?.blocks ?? chosen;
    const items = blocks.map(({ block, path, width, sae }) => ({
      label: block,
      description: `${path}, ${String(width)} channels${sae ? ', with an SAE' : ''}`,
      picked: picked.includes(block),
    }));
    const taken = await window.showQuickPick(items, {
      title: 'Blocks whose updates are kept',
      canPickMany: true,
      ignoreFocusOut: true,
    });
    return taken && taken.length > 0 ? taken.map(({ label }) => label) : undefined;
  }
}

async function askSteps(
  draft: CollectParams,
  plan: CollectPlan | undefined,
): Promise<CollectParams | undefined> {
  const steps = await askNumber('Denoising steps', plan?.stepCount ?? draft.steps, wholeFrom(1));
  if (steps === undefined) return undefined;
  if (steps === 1) return { ...draft, steps, recordedSteps: undefined };
  const all = `1-${String(steps)}`;
  const text = await window.showInputBox({
    title,
    prompt: `Steps whose updates are kept, of ${String(steps)}: numbers or ranges with commas`,
    value: all,
    ignoreFocusOut: true,
    validateInput: (value) =>
      parseSteps(value, steps) ? undefined : `Whole numbers from 1 to ${String(steps)}: 1, 3-4`,
  });
  if (text === undefined) return undefined;
  return { ...draft, steps, recordedSteps: parseSteps(text, steps) };
}

async function askSeeds(draft: CollectParams): Promise<CollectParams | undefined> {
  const firstSeed = await askNumber(
    'Seed of the first picture',
    draft.firstSeed ?? 0,
    wholeFrom(0),
  );
  if (firstSeed === undefined) return undefined;
  const prompt = 'Pictures of each prompt';
  const picturesPerPrompt = await askNumber(prompt, draft.picturesPerPrompt ?? 1, wholeFrom(1));
  if (picturesPerPrompt === undefined) return undefined;
  const rules = [
    { label: 'A new seed for each picture', seedRule: 'consecutive' as const },
    { label: 'The same seeds for each prompt', seedRule: 'samePerPrompt' as const },
  ];
  const picked = await window.showQuickPick(rules, { title, ignoreFocusOut: true });
  return picked && { ...draft, firstSeed, picturesPerPrompt, seedRule: picked.seedRule };
}

async function askFolder(draft: CollectParams): Promise<CollectParams | undefined> {
  const [uri] =
    (await window.showOpenDialog({
      title: 'Empty folder for the set, or one that holds it in part',
      openLabel: 'Collect Here',
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return uri && { ...draft, dir: Uri.file(uri.fsPath).fsPath };
}

interface NumberRule {
  readonly fits: (value: number) => boolean;
  readonly words: string;
}
const wholeFrom = (smallest: number): NumberRule => ({
  fits: (value) => Number.isSafeInteger(value) && value >= smallest,
  words: `A whole number from ${String(smallest)}.`,
});
const numberFrom = (smallest: number): NumberRule => ({
  fits: (value) => Number.isFinite(value) && value >= smallest,
  words: `A number from ${String(smallest)}.`,
});

/** The engine checks the range, which depends on the model. */
async function askNumber(
  prompt: string,
  value: number | undefined,
  { fits, words }: NumberRule,
): Promise<number | undefined> {
  const isFitting = (text: string): boolean => text.trim() !== '' && fits(Number(text));
  const text = await window.showInputBox({
    title,
    prompt,
    ...(value === undefined ? {} : { value: String(value) }),
    ignoreFocusOut: true,
    validateInput: (entered) => (isFitting(entered) ? undefined : words),
  });
  return text === undefined ? undefined : Number(text);
}
