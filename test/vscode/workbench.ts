import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import type { VscodeServer } from './server.ts';

const repositoryDir = join(import.meta.dirname, '..', '..');
export const artifactsDir = join(repositoryDir, 'test', '.artifacts');

export interface OpenOptions {
  readonly browser: Browser;
  readonly server: VscodeServer;
  /** Workspace folder. */
  readonly folder: string;
  readonly extensionDir?: string;
  /** Module whose `run` the extension host calls; the window closes after it. */
  readonly testsPath?: string;
  /** Another window of the same person shares what the browser stores. */
  readonly context?: BrowserContext;
}

const windowSize = { width: 1400, height: 900 };

/** One VS Code window in the browser, with the gestures of a person. */
export class Workbench {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the window and its webviews logged, for a failed test. */
  readonly consoleLines: string[] = [];

  private constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.context = context;
    page.on('console', (message) => this.consoleLines.push(`${message.type()}: ${message.text()}`));
  }

  static async open(options: OpenOptions): Promise<Workbench> {
    const { server } = options;
    const context =
      options.context ??
      (await options.browser.newContext({
        viewport: windowSize,
        permissions: ['clipboard-read', 'clipboard-write'],
      }));
    const page = await context.newPage();
    const remote = (path: string): string => `vscode-remote://127.0.0.1:${server.port}${path}`;
    const payload = [
      ['extensionDevelopmentPath', remote(options.extensionDir ?? extensionDir())],
      ...(options.testsPath ? [['extensionTestsPath', remote(options.testsPath)]] : []),
    ];
    const query = new URLSearchParams({ folder: options.folder, payload: JSON.stringify(payload) });
    const workbench = new Workbench(page, context);
    await page.goto(`http://127.0.0.1:${server.port}/?${query.toString()}`, { timeout: 90_000 });
    if (!options.testsPath) await workbench.#ready();
    return workbench;
  }

  async #ready(): Promise<void> {
    await this.page
      .locator('.monaco-workbench .statusbar-item')
      .first()
      .waitFor({ timeout: 60_000 });
  }

  /** Runs a command from the palette by its whole title, `SAE: Generate with Prompt`. */
  async runCommand(title: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    // Commands of an extension are known a moment after the window is there.
    await eventually(
      `the command ${title} in the palette`,
      async () => {
        await this.page.keyboard.press('Escape');
        await this.page.keyboard.press('F1');
        await this.input.waitFor({ timeout: 5000 });
        await this.input.fill(`>${title}`);
        await row.waitFor({ timeout: 2000 });
        return true;
      },
      60_000,
    );
    await row.click();
  }

  /** True when the palette offers the command as something that can be run. */
  async hasCommand(title: string): Promise<boolean> {
    await this.page.keyboard.press('F1');
    await this.input.fill(`>${title}`);
    await this.page.waitForTimeout(500);
    const rows = await this.page.locator('.quick-input-list .monaco-list-row').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return rows.some((row) => row.includes(title));
  }

  get input(): Locator {
    return this.page.locator('.quick-input-widget input.input');
  }

  /** Answers an input box whose placeholder or prompt contains `hint`. */
  async answerInput(text: string): Promise<void> {
    await this.input.waitFor();
    await this.input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Gives the simple file dialog a folder. It fills in the workspace's own when it has opened, over what was typed. */
  async pickFolder(path: string, buttonName: string): Promise<void> {
    const button = this.page.getByRole('button', { name: buttonName });
    await button.waitFor({ timeout: 30_000 });
    await eventually(`the folder ${path} chosen`, async () => {
      await this.input.fill(`${path}/`, { timeout: 3000 });
      await button.click({ timeout: 3000 });
      await button.waitFor({ state: 'hidden', timeout: 5000 });
      return true;
    });
  }

  /** The document of the webview that contains `selector`: two frames inside the workbench's. */
  async panel(selector: string, timeoutMs = 20_000): Promise<Frame> {
    return eventually(
      `a webview with ${selector}`,
      async () => {
        for (const frame of this.page.frames()) {
          if (!frame.url().includes('fake.html')) continue;
          if ((await frame.locator(selector).count()) > 0) return frame;
        }
        return undefined;
      },
      timeoutMs,
    );
  }

  /** What can be read in the window and its webviews. */
  async visibleText(): Promise<string> {
    const texts = this.page.frames().map((frame) =>
      frame
        .locator('body')
        .innerText({ timeout: 1000 })
        .catch(() => ''),
    );
    // The workbench's own frames hold nothing but their script.
    return (await Promise.all(texts))
      .filter((text) => text.trim() !== '' && !text.includes('addEventListener'))
      .join('\n---\n');
  }

  /** Text and tooltip of our status item. */
  async statusItem(): Promise<string> {
    const item = this.page.locator('.statusbar-item[id^="featurescope"]').first();
    const label = (await item.locator('a').first().getAttribute('aria-label')) ?? '';
    return `${await item.innerText()} ${label}`.trim();
  }

  async openView(container: string): Promise<void> {
    const tab = this.page
      .locator(`.activitybar .action-item a[aria-label^="${container}"]`)
      .first();
    await tab.waitFor({ timeout: 30_000 });
    const title = this.page.locator('.sidebar .composite.title', { hasText: container });
    // A click on an open view closes it, and a window that was reloaded may open it by itself just then.
    await eventually(`the view ${container}`, async () => {
      if (await title.isVisible()) return true;
      await tab.click();
      await title.waitFor({ timeout: 3000 });
      return true;
    });
  }

  viewRow(view: string, text: string): Locator {
    return this.page
      .locator('.pane', { has: this.page.locator('.pane-header', { hasText: view }) })
      .locator('.monaco-list-row', { hasText: text })
      .first();
  }

  /** Texts of the notifications that lie over the window; none of a closed one. Newer versions show none in tests. */
  async notifications(): Promise<string[]> {
    if (this.page.isClosed()) return [];
    return this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  }

  /** Takes them away, so that none lies over what is clicked next. Never rejects: some go by themselves meanwhile. */
  async closeNotifications(): Promise<void> {
    const toast = this.page.locator('.notification-toast').first();
    for (let left = (await this.notifications()).length; left > 0; left--) {
      try {
        await toast.hover({ timeout: 2000 });
        await toast.locator('.codicon-notifications-clear').click({ timeout: 2000 });
        await this.page.waitForTimeout(300);
      } catch {
        return;
      }
    }
  }

  dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** Opens a file of the workspace by its name; the Explorer may hear late of one that is new. */
  async openFile(name: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first();
    await eventually(
      `the file ${name}`,
      async () => {
        await this.page.keyboard.press('Escape');
        await this.page.keyboard.press('Control+P');
        await this.input.waitFor({ timeout: 5000 });
        await this.input.fill(name);
        await row.waitFor({ timeout: 3000 });
        return true;
      },
      60_000,
    );
    await row.click();
  }

  async closeEditors(): Promise<void> {
    await this.runCommand('View: Close All Editors');
  }

  /** By VS Code's own command, which saves the window's state first; a plain reload of the page may not. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load', { timeout: 60_000 });
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.#ready();
  }

  async screenshot(name: string): Promise<string> {
    mkdirSync(artifactsDir, { recursive: true });
    const path = join(artifactsDir, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** The extension under test: this repository, or an unpacked package of it. */
const extensionDir = (): string => process.env.FEATURESCOPE_EXTENSION ?? repositoryDir;

/** The id that a feature's row in Blocks & Features shows, "" for another row. */
export async function idOfRow(row: Locator): Promise<string> {
  const parts = await row.locator('.label-name, .label-description').allInnerTexts();
  return /#(\d+)/.exec(parts.join(' '))?.[1] ?? '';
}
