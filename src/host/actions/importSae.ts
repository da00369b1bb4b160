import { type QuickPickItem, Uri, window } from 'vscode';
import { dropDownload } from '../../protocol/downloads.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { Caller } from '../../protocol/request.ts';
import {
  importSaeFiles,
  inspectSae,
  listSaes,
  type SaeAnswerValues,
  type SaeEntry,
  type SaeInspection,
  type SaeQuestion,
} from '../../protocol/saes.ts';
import { answerOf, foundWords, questionTitles, roleWords } from '../saes/saeWords.ts';
import type { DownloadPorts } from './downloadByName.ts';
import { type ImportSource, pickDownloaded } from './pickDownloaded.ts';
import { goBack, inputStep, pickStep } from './pickStep.ts';
import { withProgress } from './withProgress.ts';

/**
 * Folder, what was found in it, block, then only the questions that the files leave open.
 *
 * @param target a folder of the explorer; asked for when it is none, beside those that were downloaded
 * @returns undefined when the person gave up
 */
export async function importSae(
  engine: Caller,
  modelDir: string,
  target: unknown,
  ports: DownloadPorts,
): Promise<SaeEntry | undefined> {
  const source = await sourceOf(engine, target, ports);
  if (!source) return undefined;
  const { path } = source;
  const found = await withProgress('Reading the SAE', (signal) =>
    engine.request(inspectSae, { modelDir, path }, { signal }),
  );
  const { saes } = await engine.request(listSaes, { modelDir });
  const answers = await askAll(found, saes);
  if (!answers) return undefined;
  const made = await withProgress('Importing the SAE', (signal, say) =>
    engine.request(
      importSaeFiles,
      { modelDir, path, answers, storage: 'float32' },
      {
        signal,
        onProgress: ({ phase }) => {
          say(phase === 'reading' ? 'Reading its files' : 'Writing it into the storage');
        },
      },
    ),
  );
  // It is in the storage now, in Featurescope's own form: the files that were fetched are not needed twice.
  if (source.isDownloaded) await engine.request(dropDownload, { content: 'saes', path });
  return made;
}

async function sourceOf(
  engine: Caller,
  target: unknown,
  ports: DownloadPorts,
): Promise<ImportSource | undefined> {
  if (target instanceof Uri) return { path: target.fsPath, isDownloaded: false };
  const own = { label: 'Choose a Folder…', ask: askFolder };
  return pickDownloaded(engine, ports, 'saes', 'Import SAE', own);
}

async function askFolder(): Promise<string | undefined> {
  const [uri] =
    (await window.showOpenDialog({
      title:
        'Folder of the SAE: sdxl-unbox, SAELens, sparsify, dictionary_learning or Featurescope',
      openLabel: 'Import This SAE',
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return uri?.fsPath;
}

/** All questions in turn, the block first; Back goes to the one before. */
async function askAll(
  found: SaeInspection,
  saes: readonly SaeEntry[],
): Promise<SaeAnswerValues | undefined> {
  const isBlock = ({ id }: SaeQuestion): boolean => id === 'blockPath';
  const questions = [
    ...found.questions.filter(isBlock),
    ...found.questions.filter((question) => !isBlock(question)),
  ];
  const answers: SaeAnswerValues = {};
  let at = 0;
  for (let question = questions[at]; question; question = questions[at]) {
    const place = { title: `Import SAE: ${foundWords(found)}`, step: at + 1 };
    const answer = await ask(question, found, saes, { ...place, totalSteps: questions.length });
    if (answer === undefined) return undefined;
    if (answer === goBack) at--;
    else {
      answers[question.id] = answer;
      at++;
    }
  }
  return answers;
}

interface Place {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

interface AnswerItem extends QuickPickItem {
  readonly answer: string;
}

async function ask(
  question: SaeQuestion,
  found: SaeInspection,
  saes: readonly SaeEntry[],
  place: Place,
): Promise<string | number | typeof goBack | undefined> {
  const { id, reason, choices, suggested } = question;
  if (id === 'inputScale') {
    const text = await inputStep({
      ...place,
      prompt: `${questionTitles[id]} ${reason}`,
      value: suggested === undefined ? '' : String(suggested),
      validate: (value) =>
        Number(value) > 0 && Number.isFinite(Number(value))
          ? undefined
          : 'A positive number; 1 when samples were not scaled.',
    });
    return typeof text === 'string' ? Number(text) : text;
  }
  const items =
    id === 'blockPath' ? blockItems(found, saes, suggested) : answerItems(choices ?? [], suggested);
  const picked = await pickStep({
    ...place,
    placeholder: `${questionTitles[id]} ${reason}`,
    items,
    active: items.find(({ answer }) => answer === suggested),
  });
  return picked === goBack || picked === undefined ? picked : picked.answer;
}

const suggestion = 'the files suggest this';

const answerItems = (choices: readonly string[], suggested: unknown): AnswerItem[] =>
  choices.map((answer) => ({
    ...answerOf(answer),
    answer,
    description: answer === suggested ? suggestion : '',
  }));

/** Blocks as wide as the SAE, the one that the files name first. */
function blockItems(
  { blocks, dModel }: SaeInspection,
  saes: readonly SaeEntry[],
  suggested: unknown,
): AnswerItem[] {
  const fitting = blocks.filter(({ width }) => width === undefined || width === dModel);
  if (fitting.length === 0) {
    const widths = [...new Set(blocks.map(({ width }) => width))].join(', ');
    throw invalidInput(
      `The SAE reads ${String(dModel)} channels, but the blocks of this model have ${widths}. Choose the model that it was trained on first.`,
    );
  }
  return fitting
    .map(({ block, path }) => {
      const answer = `unet.${path}`;
      const has = saes.some((sae) => sae.path === path);
      return {
        label: block,
        answer,
        description: [answer === suggested ? suggestion : '', roleWords(block)]
          .filter(Boolean)
          .join(' · '),
        detail: has ? `${answer} · has an SAE; this one will be used instead` : answer,
      };
    })
    .sort((a, b) => Number(b.answer === suggested) - Number(a.answer === suggested));
}
