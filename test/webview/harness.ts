import { readFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { build } from 'esbuild';
import { encode } from 'fast-png';
import { chromium, type Browser, type Page } from 'playwright-core';
import { panelPage } from '../../src/host/panels/panelPage.ts';
import type { AcceptanceState } from '../../src/protocol/acceptancePanel.ts';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import type { ExplainState } from '../../src/protocol/explainPanel.ts';
import type { FeatureState } from '../../src/protocol/featurePanel.ts';
import type { ResultState } from '../../src/protocol/resultPanel.ts';
import type { SpecializationState } from '../../src/protocol/specializationPanel.ts';
import type { TrainingState } from '../../src/protocol/trainingPanel.ts';
import { fakePicture } from './fakePicture.ts';
import { vscodeDefaultStyles } from './vscodeDefaultStyles.ts';

export const themeNames = ['light', 'dark', 'hc-dark', 'hc-light'] as const;
export type ThemeName = (typeof themeNames)[number];

interface Theme {
  /** Classes that VS Code gives the body. */
  readonly bodyClass: string;
  readonly kind: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface PanelOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly pixelRatio?: number;
}

export interface OpenPanel {
  readonly page: Page;
  /** Rule and place of every violation that axe-core finds. */
  violations(): Promise<string[]>;
  /** Writes test/.artifacts/webview-NAME.png, for people to look at. */
  screenshot(name: string): Promise<void>;
  /** Fails when the page logged an error, which is also how a broken content policy shows. */
  close(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');
const artifacts = join(root, 'test', '.artifacts');
const origin = 'https://panel.test';

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['FEATURESCOPE_CHROMIUM'] || '/usr/bin/chromium',
    args: [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}

/** Opens the built result panel with a fake extension behind it that shows `state`. */
export const openResultPanel = (
  browser: Browser,
  state: ResultState,
  options: PanelOptions = {},
): Promise<OpenPanel> => openBuiltPanel(browser, 'result', 'fakeHost.ts', state, options);

/** Opens the built feature view with a fake extension behind it that shows `state`. */
export const openFeaturePanel = (
  browser: Browser,
  state: FeatureState,
  options: PanelOptions = {},
): Promise<OpenPanel> => openBuiltPanel(browser, 'features', 'fakeFeatures.ts', state, options);

/** Opens the built acceptance report with a fake extension behind it that shows `state`. */
export const openAcceptancePanel = (
  browser: Browser,
  state: AcceptanceState,
  options: PanelOptions = {},
): Promise<OpenPanel> => openBuiltPanel(browser, 'acceptance', 'fakeAcceptance.ts', state, options);
/** Opens the built ablation board with a fake extension behind it that shows `state`. */
export const openBoardPanel = (
  browser: Browser,
  state: BoardState,
  options: PanelOptions = {},
): Promise<OpenPanel> => openBuiltPanel(browser, 'board', 'fakeBoard.ts', state, options);

/** Opens card, gallery, contrast sets or quality report with a fake extension behind it. */
export const openIndexPanel = (
  browser: Browser,
  name: 'card' | 'gallery' | 'contrast' | 'quality',
  state: unknown,
  options: PanelOptions = {},
): Promise<OpenPanel> => openBuiltPanel(browser, name, 'fakeCards.ts', state, options);

/** Opens the built explain panel with a fake extension behind it that shows `state`. */
export const openExplainPanel = (
  browser: Browser,
  state: ExplainState,
  options: PanelOptions = {},
): Promise<OpenPanel> => openBuiltPanel(browser, 'explain', 'fakeExplain.ts', state, options);

/** Opens the built training panel with a fake extension behind it that shows `state`. */
export const openTrainingPanel = (
  browser: Browser,
  state: TrainingState,
  options: PanelOptions = {},
): Promise<OpenPanel> => openBuiltPanel(browser, 'training', 'fakeTraining.ts', state, options);

/** Opens the built panel on block specialization with a fake extension behind it that shows `state`. */
export const openSpecializationPanel = (
  browser: Browser,
  state: SpecializationState,
  options: PanelOptions = {},
): Promise<OpenPanel> =>
  openBuiltPanel(browser, 'specialization', 'fakeSpecialization.ts', state, options);

async function openBuiltPanel(
  browser: Browser,
  name: string,
  fake: string,
  state: unknown,
  options: PanelOptions,
): Promise<OpenPanel> {
  const dist = (file: string) => readFile(join(root, 'dist', 'webview', file), 'utf8');
  const panel = { script: await dist(`${name}.js`), style: await dist(`${name}-style.css`) };
  const { script } = await bundle(join('test', 'webview', fake));
  const start = `window.fakeStart = ${JSON.stringify(state)};\n${script}`;
  return openPage(browser, panel, start, options);
}

/** Opens a page of shared parts that no panel has yet, built from a file of this folder. */
export async function openPartsPage(
  browser: Browser,
  file: string,
  options: PanelOptions = {},
): Promise<OpenPanel> {
  const panel = await bundle(join('test', 'webview', file), 'webview/shared/theme.css');
  return openPage(browser, panel, '', options);
}

async function openPage(
  browser: Browser,
  panel: { readonly script: string; readonly style: string },
  start: string,
  { theme = 'dark', width = 800, height = 900, pixelRatio = 1 }: PanelOptions,
): Promise<OpenPanel> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: pixelRatio,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const html = await pageIn(theme);
  const bodies: Record<string, readonly [string, string]> = {
    '/': ['text/html', html],
    '/panel.js': ['text/javascript', panel.script],
    '/panel.css': ['text/css', panel.style],
  };
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    const seed = /^\/pictures\/(\d+)\.png$/.exec(pathname)?.[1];
    if (seed !== undefined) {
      await route.fulfill({ contentType: 'image/png', body: Buffer.from(fakePng(Number(seed))) });
      return;
    }
    const [contentType, body] = bodies[pathname] ?? [];
    if (body === undefined || contentType === undefined) await route.abort();
    else await route.fulfill({ contentType, body });
  });
  await page.addInitScript(start);
  await page.goto(`${origin}/`);
  return {
    page,
    violations: () => findViolations(page),
    screenshot: async (name) => {
      await mkdir(artifacts, { recursive: true });
      await page.screenshot({ path: join(artifacts, `webview-${name}.png`), fullPage: true });
    },
    close: async () => {
      await context.close();
      if (errors.length > 0) throw new Error(`The page logged errors:\n${errors.join('\n')}`);
    },
  };
}

const pictureSide = 64;
/** A thumbnail of an index. */
const fakePng = (seed: number): Uint8Array =>
  encode({
    ...{ width: pictureSide, height: pictureSide, channels: 3, depth: 8 },
    data: fakePicture(pictureSide, pictureSide, seed),
  });

/** The extension's own page, with what VS Code adds to it: its styles before the policy, the theme. */
async function pageIn(name: ThemeName): Promise<string> {
  const file = join(import.meta.dirname, 'themes', `${name}.json`);
  const theme = JSON.parse(await readFile(file, 'utf8')) as Theme;
  const variables = Object.entries(theme.variables).map(([key, value]) => `${key}: ${value};`);
  const page = panelPage({
    title: 'SAE Result',
    cspSource: origin,
    scriptUri: `${origin}/panel.js`,
    styleUris: [`${origin}/panel.css`],
    hasPictures: true,
  });
  const background = 'html { background: var(--vscode-editor-background); }';
  return page
    .replace(
      '<head>',
      `<head><style>${vscodeDefaultStyles} ${background} :root { ${variables.join(' ')} }</style>`,
    )
    .replace('<body>', `<body class="${theme.bodyClass}" data-vscode-theme-kind="${theme.kind}">`);
}

const bundles = new Map<string, ReturnType<typeof makeBundle>>();
function bundle(...entries: [script: string, ...styles: string[]]): ReturnType<typeof makeBundle> {
  const [script] = entries;
  const made = bundles.get(script) ?? makeBundle(entries);
  bundles.set(script, made);
  return made;
}

async function makeBundle(entryPoints: string[]): Promise<{ script: string; style: string }> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    write: false,
    outdir: 'memory',
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
  });
  const text = (ending: string) =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { script: text('.js'), style: text('.css') };
}

async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ''}`),
  );
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}
