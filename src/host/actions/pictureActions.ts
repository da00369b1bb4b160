import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { commands, env, UIKind, Uri, window, workspace } from 'vscode';
import { openRun, type Picture, savePicture } from '../../protocol/engine.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { RunManifest } from '../../protocol/manifest.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Report } from '../report.ts';
import type { Settings } from '../settings.ts';
import { fileNameOf } from '../words.ts';

/** A picture in a panel or a kept run: what can be saved, copied and revealed. */
export interface PictureTarget {
  readonly manifest: RunManifest;
  /** Missing when it was not kept. */
  readonly runId: string | undefined;
  readonly load: () => Promise<Picture>;
}

export class PictureActions {
  readonly #engine: Caller;
  readonly #settings: Settings;
  readonly #report: Report;
  #lastDir: string | undefined;

  constructor(engine: Caller, settings: Settings, report: Report) {
    this.#engine = engine;
    this.#settings = settings;
    this.#report = report;
  }

  /** Asks where until it is saved or the person has had enough; nothing is lost on the way. */
  async savePng(target: PictureTarget): Promise<void> {
    for (;;) {
      const uri = await this.#askPath(target.manifest);
      if (!uri) return;
      try {
        await this.#save(target, uri);
        return;
      } catch (error) {
        const problem = this.#report.problem(error, 'save');
        if (!problem || (await this.#report.ask(problem)) !== 'saveElsewhere') return;
      }
    }
  }

  /** In the file manager where there is one on this machine, else as an editor. */
  async reveal({ runId }: PictureTarget): Promise<void> {
    if (runId === undefined)
      throw invalidInput('This picture was not kept, so it has no file yet.');
    const { run } = await this.#engine.request(openRun, { runId });
    await revealFile(Uri.file(run.pngPath));
  }

  async copyText(text: string): Promise<void> {
    await env.clipboard.writeText(text);
  }

  async #askPath(manifest: RunManifest): Promise<Uri | undefined> {
    const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
    const dir = this.#lastDir ?? folder?.uri.fsPath ?? homedir();
    return window.showSaveDialog({
      title: 'Save Picture as PNG',
      defaultUri: Uri.file(join(dir, fileNameOf(manifest))),
      filters: { 'PNG picture': ['png'] },
    });
  }

  async #save({ manifest, load }: PictureTarget, uri: Uri): Promise<void> {
    if (uri.scheme !== 'file') throw invalidInput(`Cannot save to "${uri.toString()}": no file.`);
    const writeJsonBeside = this.#settings.get('save.writeJson');
    const path = uri.fsPath;
    const picture = await load();
    const { paths } = await this.#engine.request(savePicture, {
      picture,
      manifest,
      path,
      writeJsonBeside,
    });
    this.#lastDir = dirname(path);
    void offerReveal(`Saved ${paths.join(' and ')}`, uri);
  }
}

async function offerReveal(text: string, uri: Uri): Promise<void> {
  if (await window.showInformationMessage(text, 'Reveal')) await revealFile(uri);
}

async function revealFile(uri: Uri): Promise<void> {
  const isHere = env.uiKind === UIKind.Desktop && env.remoteName === undefined;
  await commands.executeCommand(isHere ? 'revealFileInOS' : 'vscode.open', uri);
}
