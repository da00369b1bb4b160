import { basename, join } from 'node:path';
import { window } from 'vscode';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { startJob } from '../../protocol/jobs.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import {
  chartIds,
  chartNames,
  planSpecialization,
  specializeKind,
  type SpecializeParams,
  type SpecializePlan,
} from '../../protocol/specialization.ts';
import {
  parseDoses,
  specializeDefaults,
  type SpecializeRow,
  type SpecializeRowId,
  specializeRows,
} from './specializeDraft.ts';

export interface SpecializeActionsPorts {
  readonly engine: Caller;
  readonly modelDir: () => string;
  readonly provider: () => ProviderWish;
  /** Where reports go unless the person says otherwise. */
  readonly reportsDir: () => string;
  /** Shows the job that was started. */
  readonly started: (jobId: string) => void;
}

const title = 'Block Specialization';
const ignoreFocusOut = true;

/** "Block Specialization…": one list that says what would be measured and how long it takes; each row can be changed. */
export class SpecializeActions {
  readonly #ports: SpecializeActionsPorts;
  /** What was chosen last, until it is started. */
  #draft: SpecializeParams | undefined;

  constructor(ports: SpecializeActionsPorts) {
    this.#ports = ports;
  }

  async begin(): Promise<void> {
    const modelDir = this.#ports.modelDir();
    let draft = this.#draft?.modelDir === modelDir ? this.#draft : this.#firstDraft();
    for (;;) {
      this.#draft = draft;
      const current = draft;
      const planned = this.#plan(current);
      const rows = planned.then((plan) => specializeRows(current, plan));
      const placeHolder = 'What is measured; choose a row to change it';
      const options = { title, placeHolder, ignoreFocusOut };
      const picked = await window.showQuickPick<SpecializeRow>(rows, options);
      if (!picked) return;
      if (picked.id === 'start') {
        if ('problem' in (await planned)) continue;
        await this.#start(current);
        return;
      }
      draft = (await this.#change(picked.id, current, await planned)) ?? current;
    }
  }

  #firstDraft(): SpecializeParams {
    const { modelDir, provider, reportsDir } = this.#ports;
    const when = new Date().toISOString().slice(0, 19).replace(/\D/g, '');
    return {
      ...{ modelDir: modelDir(), provider: provider(), prompts: { grammar: null, seed: 0 } },
      dir: join(reportsDir(), `${basename(modelDir())}-${when}`),
    };
  }

  async #start(params: SpecializeParams): Promise<void> {
    const { engine, started } = this.#ports;
    const { jobId } = await engine.request(startJob, { kind: specializeKind, params });
    this.#draft = undefined;
    started(jobId);
  }

  async #plan(params: SpecializeParams): Promise<SpecializePlan | { readonly problem: string }> {
    try {
      return await this.#ports.engine.request(planSpecialization, params);
    } catch (thrown) {
      const error = FeaturescopeError.from(thrown);
      // What the person can change stands in the list; anything else is reported.
      if (error.code !== 'invalidInput' && error.code !== 'model') throw error;
      return { problem: error.message };
    }
  }

  async #change(
    id: Exclude<SpecializeRowId, 'start'>,
    draft: SpecializeParams,
    plan: SpecializePlan | { readonly problem: string },
  ): Promise<SpecializeParams | undefined> {
    switch (id) {
      case 'prompts': {
        const prompts = await askPrompts();
        return prompts && { ...draft, prompts };
      }
      case 'count': {
        const { promptCount = specializeDefaults.promptCount } = draft;
        const prompt = 'Prompts, 8 to 400: half of them choose features, the other half measures';
        const count = await askWhole(prompt, promptCount, 8, 400);
        return count === undefined ? undefined : { ...draft, promptCount: count };
      }
      case 'charts': {
        const { charts = 'charts' in plan ? plan.charts : chartIds } = draft;
        const picked = await pickSeveral(
          'Which charts?',
          chartIds.map((value) => ({ label: chartNames[value], value })),
          charts,
        );
        return picked && { ...draft, charts: picked };
      }
      case 'blocks': {
        // Without a plan the blocks are those that were chosen: better than none.
        const known = 'blocks' in plan ? plan.blocks : (draft.blocks ?? []);
        const all = 'blocks' in plan && draft.blocks ? await this.#allBlocks(draft) : known;
        const items = all.map((value) => ({ label: value, value }));
        const blocks = await pickSeveral('Which blocks?', items, draft.blocks ?? all);
        return blocks && { ...draft, blocks };
      }
      case 'features': {
        const { featureCount = specializeDefaults.featureCount } = draft;
        const prompt = 'Features of each block, drawn by chance, 2 to 200';
        const count = await askWhole(prompt, featureCount, 2, 200);
        return count === undefined ? undefined : { ...draft, featureCount: count };
      }
      case 'doses': {
        const { doses = specializeDefaults.doses } = draft;
        const text = await window.showInputBox({
          ...{ title, ignoreFocusOut, value: doses.join(', ') },
          prompt: 'Doses, ‖δ‖ / rms‖ΔD‖, with commas: up to 8 numbers above 0, up to 16',
          validateInput: (value) =>
            parseDoses(value) ? undefined : 'Up to 8 numbers above 0, up to 16, with commas.',
        });
        const parsed = text === undefined ? undefined : parseDoses(text);
        return parsed && { ...draft, doses: parsed };
      }
      case 'scenes': {
        const { sceneCount = specializeDefaults.sceneCount } = draft;
        const prompt =
          'Charts 4, 5, 6 and 13: pictures of further prompts, 40 to 10,000; half choose, half score';
        const count = await askWhole(prompt, sceneCount, 40, 10_000);
        return count === undefined ? undefined : { ...draft, sceneCount: count };
      }
      case 'edits': {
        const file = await askEdits();
        return file && { ...draft, editsFile: file.path };
      }
      case 'folder': {
        const [uri] =
          (await window.showOpenDialog({
            ...{ title: 'Folder of the report', openLabel: 'Measure into This Folder' },
            ...{ canSelectFiles: false, canSelectFolders: true, canSelectMany: false },
          })) ?? [];
        return uri && { ...draft, dir: uri.fsPath };
      }
    }
  }

  async #allBlocks(draft: SpecializeParams): Promise<readonly string[]> {
    const plan = await this.#plan({ ...draft, blocks: undefined });
    return 'blocks' in plan ? plan.blocks : (draft.blocks ?? []);
  }
}

async function askPrompts(): Promise<SpecializeParams['prompts'] | undefined> {
  const items = [
    { label: '$(symbol-ruler) The model’s own grammar', isFile: false },
    { label: '$(file) A File…', description: 'one prompt a line, CSV or JSONL', isFile: true },
  ];
  const placeHolder = 'Where do the prompts come from?';
  const picked = await window.showQuickPick(items, { title, placeHolder, ignoreFocusOut });
  if (!picked) return undefined;
  if (!picked.isFile) return { grammar: null, seed: 0 };
  const [uri] =
    (await window.showOpenDialog({ title: 'Prompts', openLabel: 'Measure with These' })) ?? [];
  return uri && { file: uri.fsPath };
}

/** `path`: undefined for those of the grammar. */
async function askEdits(): Promise<{ readonly path: string | undefined } | undefined> {
  const items = [
    { label: '$(symbol-ruler) From the Prompts’ Grammar', isFile: false },
    { label: '$(file) A File…', description: 'riebench.json, or one of its form', isFile: true },
  ];
  const placeHolder = 'Where do the pairs of prompts come from?';
  const picked = await window.showQuickPick(items, { title, placeHolder, ignoreFocusOut });
  if (!picked) return undefined;
  if (!picked.isFile) return { path: undefined };
  const filters = { 'Edits (JSON)': ['json'] };
  const [uri] =
    (await window.showOpenDialog({ title: 'Edits', openLabel: 'Measure with These', filters })) ??
    [];
  return uri && { path: uri.fsPath };
}

async function askWhole(
  prompt: string,
  value: number,
  least: number,
  most: number,
): Promise<number | undefined> {
  const isGood = (text: string): boolean =>
    /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
  const text = await window.showInputBox({
    ...{ title, prompt, ignoreFocusOut, value: String(value) },
    validateInput: (entered) =>
      isGood(entered) ? undefined : `A whole number from ${least} to ${most}.`,
  });
  return text === undefined ? undefined : Number(text);
}

/** At least one of some; undefined when the person leaves, or takes none. */
async function pickSeveral<Value>(
  placeHolder: string,
  items: readonly { readonly label: string; readonly value: Value }[],
  chosen: readonly Value[],
): Promise<readonly Value[] | undefined> {
  const picked = await window.showQuickPick(
    items.map((item) => ({ ...item, picked: chosen.includes(item.value) })),
    { title, placeHolder, ignoreFocusOut, canPickMany: true },
  );
  return picked && picked.length > 0 ? picked.map(({ value }) => value) : undefined;
}
