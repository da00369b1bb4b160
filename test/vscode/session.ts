import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { type ServerOptions, startVscodeServer, type VscodeServer } from './server.ts';
import { artifactsDir, Workbench } from './workbench.ts';

export interface Session {
  readonly server: VscodeServer;
  readonly browser: Browser;
  readonly workbench: Workbench;
  /** Empty workspace folder. */
  readonly folder: string;
}

/**
 * Registers mocha hooks for one VS Code server and one window of it that the tests of a `describe` share. A failed test
 * leaves a screenshot and the server's output in test/.artifacts.
 *
 * @returns asks for the session, which exists inside tests only
 */
export function useVscode(options: Partial<ServerOptions> = {}): () => Session {
  let session: Session | undefined;
  let server: VscodeServer | undefined;
  let browser: Browser | undefined;

  before(async function () {
    this.timeout(240_000);
    server = await startVscodeServer({ isTrustDisabled: true, ...options });
    const folder = join(server.dataDir, 'workspace');
    mkdirSync(folder);
    browser = await launchChromium();
    const workbench = await Workbench.open({ browser, server, folder });
    session = { server, browser, workbench, folder };
  });

  afterEach(async function () {
    this.timeout(60_000);
    if (this.currentTest?.state === 'failed') await keepEvidence(this.currentTest.fullTitle());
    // What one test was told must not lie over what the next one clicks; an error stays until it is closed.
    await session?.workbench.closeNotifications();
  });

  const keepEvidence = async (title: string): Promise<void> => {
    if (!session) return;
    const name = title.replaceAll(/[^\w]+/g, '-');
    await session.workbench.screenshot(`failed-${name}`);
    const log = [session.server.output(), ...session.workbench.consoleLines].join('\n');
    writeFileSync(join(artifactsDir, `failed-${name}.log`), log);
    // Where only the output is kept, this is all there is to see.
    console.log(['Notifications:', ...(await session.workbench.notifications())].join('\n  '));
    console.log(['Errors in our log:', ...errorsOf(session.server.dataDir)].join('\n  '));
    console.log((await session.workbench.visibleText()).slice(0, 3000));
  };

  after(async function () {
    this.timeout(30_000);
    await browser?.close();
    await server?.stop();
  });

  return () => {
    if (!session) throw new Error('VS Code did not start.');
    return session;
  };
}

/** What our log channel said of errors, also where VS Code shows no notification: the last lines. */
function errorsOf(dataDir: string): string[] {
  const logs = join(dataDir, 'user', 'logs');
  const names = existsSync(logs) ? readdirSync(logs, { recursive: true, encoding: 'utf8' }) : [];
  return names
    .filter((name) => basename(name) === 'Featurescope.log')
    .flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'))
    .filter((line) => line.includes('[error]'))
    .slice(-20);
}
