import { window } from 'vscode';
import { directionRecipe } from '../../protocol/directionRecipe.ts';
import { listBlocks } from '../../protocol/features.ts';
import {
  type DirectionMaking,
  makeDirection,
  type ModelChoice,
  type PromptSet,
} from '../../protocol/interventions.ts';
import type { EditRecipe, PictureBase } from '../../protocol/recipe.ts';
import type { Caller } from '../../protocol/request.ts';
import { progressText } from '../panels/progressText.ts';
import { withProgress } from './withProgress.ts';

export interface DirectionPorts {
  readonly engine: Caller;
  readonly choice: () => ModelChoice;
  /** Prompts of kept runs that the person chooses; undefined when they change their mind. */
  readonly pickPrompts: (title: string) => Promise<readonly string[] | undefined>;
}

type Kind = DirectionMaking['kind'] | 'channel';

const title = 'Add Direction';
const kinds: readonly { readonly of: Kind; readonly label: string; readonly detail: string }[] = [
  {
    of: 'difference',
    label: 'Difference of means',
    detail: 'Mean update over one set of prompts minus that over another',
  },
  {
    of: 'probe',
    label: 'Probe',
    detail: 'Logistic regression that tells two sets of prompts apart, at least 4 prompts each',
  },
  {
    of: 'pca',
    label: 'Principal component',
    detail: 'A direction in which the update varies most over a set of prompts',
  },
  { of: 'channel', label: 'Channel', detail: 'One channel of the update' },
  {
    of: 'file',
    label: 'Vector from a file…',
    detail: '.safetensors, .npy or .json, as long as the update is wide',
  },
];

/**
 * Lets the person make a direction of a block's update, and says the edit that removes it. What was found about it
 * (share of variance, accuracy of a probe) stands in the variant's name.
 *
 * @returns undefined when they change their mind
 * @throws as `makeDirection`
 */
export async function pickDirection(
  base: PictureBase,
  ports: DirectionPorts,
): Promise<EditRecipe | undefined> {
  const picked = await window.showQuickPick(kinds, {
    title,
    placeHolder: 'What kind of direction?',
    matchOnDetail: true,
  });
  if (!picked) return undefined;
  const { engine, choice } = ports;
  const blocks = await engine.request(listBlocks, { modelDir: choice().modelDir });
  const where = await window.showQuickPick(
    blocks.map(({ block, width }) => ({
      label: block,
      description: `${String(width)} channels`,
      width,
    })),
    { title, placeHolder: 'In which block?' },
  );
  if (!where) return undefined;
  const { label: block, width } = where;
  if (picked.of === 'channel') {
    const channel = await askNumber('Which channel?', width);
    return channel === undefined ? undefined : directionRecipe(block, { source: { channel } });
  }
  const making = await askMaking(picked.of, ports, width);
  if (!making) return undefined;
  const made = await withProgress(`${title}: ${block}`, (signal, say) =>
    engine.request(
      makeDirection,
      { ...choice(), block, base, making },
      {
        signal,
        onProgress: (progress) => {
          say(progressText(progress).phase);
        },
      },
    ),
  );
  return directionRecipe(block, made);
}

async function askMaking(
  kind: DirectionMaking['kind'],
  ports: DirectionPorts,
  width: number,
): Promise<DirectionMaking | undefined> {
  if (kind === 'file') return askFile();
  if (kind === 'pca') {
    const prompts = await askPrompts('the prompts', 1, ports);
    if (!prompts) return undefined;
    const number = await askNumber('Which component? 0 is the largest.', width);
    return number === undefined ? undefined : { kind, prompts, component: number };
  }
  // A probe is judged on prompts that it was not fitted to.
  const least = kind === 'probe' ? 4 : 1;
  const prompts = await askPrompts('the first set', least, ports);
  const otherPrompts = prompts && (await askPrompts('the second set', least, ports));
  return prompts && otherPrompts ? { kind, prompts, otherPrompts } : undefined;
}

async function askFile(): Promise<DirectionMaking | undefined> {
  const [file] =
    (await window.showOpenDialog({
      title: `${title}: Vector`,
      filters: { Vectors: ['safetensors', 'npy', 'json'] },
    })) ?? [];
  if (!file) return undefined;
  const tensor = await window.showInputBox({
    title,
    prompt: 'Name of the tensor, and a row as #3 where it is a matrix. Empty: the only one.',
  });
  if (tensor === undefined) return undefined;
  const path = file.fsPath;
  return tensor.trim() === ''
    ? { kind: 'file', path }
    : { kind: 'file', path, tensor: tensor.trim() };
}

async function askNumber(prompt: string, count: number): Promise<number | undefined> {
  const text = await window.showInputBox({
    ...{ title, prompt, value: '0' },
    validateInput: (value) =>
      /^\d+$/.test(value) && Number(value) < count
        ? undefined
        : `A whole number from 0 to ${String(count - 1)}.`,
  });
  return text === undefined ? undefined : Number(text);
}

const separator = '|';

async function askPrompts(
  what: string,
  least: number,
  { pickPrompts }: DirectionPorts,
): Promise<PromptSet | undefined> {
  const ways = [
    { label: 'Type them', description: `separated by ${separator}`, way: 'type' },
    { label: 'A file…', description: 'one prompt a line, or a table', way: 'file' },
    { label: 'Kept runs…', description: 'their prompts', way: 'runs' },
  ] as const;
  const picked = await window.showQuickPick(ways, {
    title,
    placeHolder: `Where does ${what} come from? At least ${String(least)}.`,
  });
  if (!picked) return undefined;
  switch (picked.way) {
    case 'runs': {
      const texts = await pickPrompts(`${title}: ${what}`);
      return texts && { texts };
    }
    case 'file': {
      const [file] = (await window.showOpenDialog({ title: `${title}: ${what}` })) ?? [];
      return file && { file: file.fsPath };
    }
    case 'type': {
      const text = await window.showInputBox({
        title,
        prompt: `${what}: prompts separated by ${separator}, at least ${String(least)}`,
        placeHolder: ['a cat on grass', 'a cat in the snow'].join(` ${separator} `),
        validateInput: (value) =>
          listOf(value).length >= least
            ? undefined
            : `At least ${String(least)} prompts, separated by ${separator}.`,
      });
      return text === undefined ? undefined : { texts: listOf(text) };
    }
  }
}

const listOf = (text: string): readonly string[] =>
  text
    .split(separator)
    .map((prompt) => prompt.trim())
    .filter(Boolean);
