import { basename, join } from 'node:path';
import { Uri, window } from 'vscode';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { startJob } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import {
  describeTrainingSet,
  planTraining,
  trainingRules,
  type TrainingSet,
  trainKind,
  type TrainParams,
  type TrainPlan,
} from '../../protocol/training.ts';
import { parseSteps } from '../actions/collectDraft.ts';
import { pickCollectedSet } from '../actions/pickCollectedSet.ts';
import {
  parseNumbers,
  ruleTitles,
  trainDefaults,
  type TrainRow,
  type TrainRowId,
  trainRows,
} from './trainDraft.ts';

export interface TrainActionsPorts {
  readonly engine: Caller;
  /** Where collected sets are made when no other place is chosen. */
  readonly collectedDir: () => string;
  /** Where trainings go unless the person says otherwise. */
  readonly trainingsDir: () => string;
  /** Shows the job that was started. */
  readonly started: (jobId: string) => Promise<void>;
}

const title = 'Train SAE';
const ignoreFocusOut = true;

/** What is chosen, and what its set offers. */
interface Choice {
  readonly params: TrainParams;
  readonly set: TrainingSet;
}

/** "Train SAE…": one list that says what would be trained and what it takes; each row can be changed. */
export class TrainActions {
  readonly #ports: TrainActionsPorts;
  /** What was chosen last, until it is started. */
  #choice: Choice | undefined;

  constructor(ports: TrainActionsPorts) {
    this.#ports = ports;
  }

  async train(): Promise<void> {
    let choice = this.#choice ?? (await this.#firstChoice());
    while (choice) {
      this.#choice = choice;
      const current = choice;
      const planned = this.#plan(current.params);
      const rows = planned.then((plan) => trainRows(current.params, plan, current.set));
      const placeHolder = 'What is trained; choose a row to change it';
      const options = { title, placeHolder, ignoreFocusOut };
      const picked = await window.showQuickPick<TrainRow>(rows, options);
      if (!picked) return;
      if (picked.id === 'start') {
        if ('problem' in (await planned)) continue;
        await this.#start(current.params);
        return;
      }
      choice = (await this.#change(picked.id, current)) ?? current;
    }
  }

  async #start(params: TrainParams): Promise<void> {
    const { jobId } = await this.#ports.engine.request(startJob, { kind: trainKind, params });
    this.#choice = undefined;
    await this.#ports.started(jobId);
  }

  async #plan(params: TrainParams): Promise<TrainPlan | { readonly problem: string }> {
    try {
      return await this.#ports.engine.request(planTraining, params);
    } catch (thrown) {
      const error = FeaturescopeError.from(thrown);
      // What the person can change stands in the list; anything else is reported.
      if (error.code !== 'invalidInput' && error.code !== 'model') throw error;
      return { problem: error.message };
    }
  }

  async #firstChoice(): Promise<Choice | undefined> {
    const setDir = await this.#askSet();
    if (setDir === undefined) return undefined;
    const set = await this.#ports.engine.request(describeTrainingSet, { setDir });
    const when = new Date().toISOString().slice(0, 19).replace(/\D/g, '');
    const dir = join(this.#ports.trainingsDir(), `${basename(setDir)}-saes-${when}`);
    // Four times the width, as in the paper.
    const nFeatures = [4 * (set.blocks[0]?.dModel ?? 1)];
    return { set, params: { setDir, dir, nFeatures, k: [trainDefaults.k] } };
  }

  #askSet(): Promise<string | undefined> {
    return pickCollectedSet(this.#ports.collectedDir(), {
      title,
      placeHolder: 'Which collected set do the SAEs learn from?',
      openLabel: 'Learn from This Set',
    });
  }

  async #change(id: Exclude<TrainRowId, 'start'>, choice: Choice): Promise<Choice | undefined> {
    if (id === 'set') return this.#changeSet(choice);
    const params = await changeParams(id, choice);
    return params && { ...choice, params };
  }

  /** Blocks and steps are those of the new set. */
  async #changeSet({ params }: Choice): Promise<Choice | undefined> {
    const setDir = await this.#askSet();
    if (setDir === undefined) return undefined;
    const set = await this.#ports.engine.request(describeTrainingSet, { setDir });
    return { set, params: { ...params, setDir, blocks: undefined, steps: undefined } };
  }
}

async function changeParams(
  id: Exclude<TrainRowId, 'start' | 'set'>,
  { params, set }: Choice,
): Promise<TrainParams | undefined> {
  switch (id) {
    case 'blocks': {
      const blocks = await askBlocks(params, set);
      return blocks && { ...params, blocks };
    }
    case 'steps': {
      const steps = await askSteps(params, set);
      return steps && { ...params, steps };
    }
    case 'features': {
      const prompt = 'Features of each SAE; several sizes with commas';
      const nFeatures = await askNumbers(prompt, params.nFeatures, 2);
      return nFeatures && { ...params, nFeatures };
    }
    case 'k': {
      const k = await askNumbers('Active features a cell; several with commas', params.k, 1);
      return k && { ...params, k };
    }
    case 'rule': {
      const items = trainingRules.map((rule) => ({ label: ruleTitles[rule], rule }));
      const picked = await window.showQuickPick(items, { title, ignoreFocusOut });
      return picked && { ...params, rule: picked.rule };
    }
    case 'epochs': {
      const given = params.epochs ?? trainDefaults.epochs;
      const text = await askFor('How often each cell is seen', given, isAboveZero);
      return text === undefined ? undefined : { ...params, epochs: Number(text) };
    }
    case 'learningRate': {
      const prompt = 'Learning rate of Adam, at most 1; empty: by the number of features';
      const text = await askFor(
        prompt,
        params.learningRate,
        (each) => each === '' || isAboveZero(each),
      );
      if (text === undefined) return undefined;
      return { ...params, learningRate: text === '' ? undefined : Number(text) };
    }
    case 'folder': {
      const dir = await askFolder('Empty folder, or one that holds this training', 'Train Here');
      return dir === undefined ? undefined : { ...params, dir };
    }
  }
}

async function askBlocks(
  { blocks: chosen }: TrainParams,
  { blocks }: TrainingSet,
): Promise<readonly string[] | undefined> {
  const items = blocks.map(({ block, dModel }) => ({
    label: block,
    description: `${String(dModel)} channels`,
    picked: chosen?.includes(block) ?? true,
  }));
  const options = { title: 'Blocks that get SAEs', canPickMany: true, ignoreFocusOut } as const;
  const taken = await window.showQuickPick(items, options);
  return taken && taken.length > 0 ? taken.map(({ label }) => label) : undefined;
}

async function askSteps(
  { steps: chosen }: TrainParams,
  { steps }: TrainingSet,
): Promise<readonly number[] | undefined> {
  const known = steps.map((step) => String(step + 1)).join(', ');
  const parsed = (text: string): readonly number[] | undefined => {
    const found = parseSteps(text, Math.max(...steps) + 1);
    return found?.every((step) => steps.includes(step)) ? found : undefined;
  };
  const text = await window.showInputBox({
    ...{ title, ignoreFocusOut },
    prompt: `Steps whose updates are mixed, of ${known}: numbers or ranges with commas`,
    value: (chosen ?? steps).map((step) => String(step + 1)).join(', '),
    validateInput: (value) => (parsed(value) ? undefined : `The set has updates of ${known}.`),
  });
  return text === undefined ? undefined : parsed(text);
}

async function askNumbers(
  prompt: string,
  values: readonly number[],
  least: number,
): Promise<readonly number[] | undefined> {
  const text = await window.showInputBox({
    ...{ title, prompt, ignoreFocusOut, value: values.join(', ') },
    validateInput: (entered) =>
      parseNumbers(entered, least)
        ? undefined
        : `Different whole numbers from ${String(least)}, with commas.`,
  });
  return text === undefined ? undefined : parseNumbers(text, least);
}

/** The engine checks the upper end. */
const isAboveZero = (text: string): boolean => Number.isFinite(Number(text)) && Number(text) > 0;

async function askFor(
  prompt: string,
  value: number | undefined,
  fits: (text: string) => boolean,
): Promise<string | undefined> {
  const text = await window.showInputBox({
    ...{ title, prompt, ignoreFocusOut, value: value === undefined ? '' : String(value) },
    validateInput: (entered) => (fits(entered.trim()) ? undefined : 'A number above 0.'),
  });
  return text?.trim();
}

async function askFolder(dialogTitle: string, openLabel: string): Promise<string | undefined> {
  const options = { title: dialogTitle, openLabel, canSelectFiles: false, canSelectFolders: true };
  const [uri] = (await window.showOpenDialog(options)) ?? [];
  return uri && Uri.file(uri.fsPath).fsPath;
}
