import { join } from 'node:path';
import { window } from 'vscode';
import { describePrompts } from '../../protocol/collect.ts';
import { startJob } from '../../protocol/jobs.ts';
import {
  pictureFitKind,
  type PictureFitParams,
  pictureFitPrompts as counts,
  pictureFitPromptSeed,
} from '../../protocol/pictureFit.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';

export interface MeasureInPicturePorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly provider: () => ProviderWish;
  /** Folder of the extension. */
  readonly extensionDir: string;
}

/** Asks on how many prompts, and starts the job: prompts of the model's own grammar where it has one, else general ones. */
export async function measureInPicture(ports: MeasureInPicturePorts): Promise<void> {
  const { engine, model, provider, extensionDir } = ports;
  const modelDir = model.dir;
  const { grammarTitle } = await engine.request(describePrompts, { modelDir });
  const whole = (text: string): number | undefined => {
    const count = Number(text);
    return Number.isInteger(count) && count >= counts.min && count <= counts.max
      ? count
      : undefined;
  };
  const text = await window.showInputBox({
    title: 'Measure SAEs in the Picture: Prompts',
    prompt: `Of ${grammarTitle ?? 'general prompts'}. One picture a prompt, and two more for each block; more prompts give narrower intervals. What was measured before is kept.`,
    value: String(counts.default),
    validateInput: (entered) =>
      whole(entered) === undefined
        ? `"${entered}": a whole number from ${String(counts.min)} to ${String(counts.max)}.`
        : undefined,
  });
  const promptCount = text === undefined ? undefined : whole(text);
  if (promptCount === undefined) return;
  const params: PictureFitParams = {
    ...{ modelDir, provider: provider(), promptCount },
    prompts:
      grammarTitle === null
        ? { file: join(extensionDir, 'media', 'general-prompts.txt') }
        : { grammar: null, seed: pictureFitPromptSeed },
  };
  await engine.request(startJob, { kind: pictureFitKind, params });
}
