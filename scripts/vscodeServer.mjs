import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { installPackages } from './debianPackages.mjs';
import { chooseNode, environmentWith } from './pinnedNode.mjs';

/**
 * A VS Code that npm can install: the server and workbench inside code-server's package, which numbers them
 * 4.<minor>.<patch>, and the Node that its native modules are built for.
 *
 * @typedef {{ vscode: string, codeServer: string, node: string }} VscodeVersion
 */

/** @type {VscodeVersion} */
export const newestVscode = { vscode: '1.139.1', codeServer: '4.139.1', node: '24.21.0' };
/** The minimum of `engines.vscode`. @type {VscodeVersion} */
export const oldestVscode = { vscode: '1.106.3', codeServer: '4.106.3', node: '22.22.0' };

const cacheRoot = () =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'featurescope');

/** Native modules without which the server does not start; the others serve features that tests do not use. */
const neededNatives = ['@vscode/spdlog', '@vscode/native-watchdog', 'native-watchdog', 'node-pty'];

/**
 * Installs a VS Code server into a cache folder outside this project, once.
 *
 * code-server's own post-install is not run: it compiles modules that tests do not need, and in older versions asks
 * GitHub for two of its dependencies. This needs npm's registry, make and g++.
 *
 * @param {VscodeVersion} version
 * @returns {Promise<{ vscode: string, main: string, node: string }>} version, its server-main.js, and the Node to run it
 */
export async function ensureVscodeServer(version) {
  const dir = join(cacheRoot(), `vscode-${version.vscode}`);
  const nodePackage = `node-linux-${process.arch}`;
  const vscodeDir = join(dir, 'node_modules/code-server/lib/vscode');
  const server = {
    vscode: version.vscode,
    main: join(vscodeDir, 'out/server-main.js'),
    node: join(dir, 'node_modules', nodePackage, 'bin/node'),
  };
  const done = join(dir, 'installed');
  if (existsSync(done)) return server;
  if (process.platform !== 'linux') {
    throw new Error(
      'The VS Code server for tests installs on Linux only; elsewhere: npx vscode-test.',
    );
  }
  const missingTools = ['make', 'g++', 'python3'].filter((tool) => !isOnPath(tool));
  if (missingTools.length > 0) installPackages(missingTools);

  console.log(`Installing the VS Code ${version.vscode} server into ${dir} (once, about 700 MB)`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const dependencies = { 'code-server': version.codeServer, [nodePackage]: version.node };
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, dependencies }));
  npm(['install', '--ignore-scripts'], dir, chooseNode());

  useRegistryOnly(join(vscodeDir, 'package.json'));
  npm(['install', '--omit=dev', '--ignore-scripts'], vscodeDir, server.node);
  const natives = neededNatives.filter((name) => existsSync(join(vscodeDir, 'node_modules', name)));
  npm(['rebuild', ...natives], vscodeDir, server.node);
  writeFileSync(done, '');
  return server;
}

/** Dependencies that older versions take from GitHub, as the registry has them. */
const registryVersions = { '@parcel/watcher': '2.5.1' };

function useRegistryOnly(manifestPath) {
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  for (const [name, range] of Object.entries(manifest.dependencies)) {
    if (!range.includes('/')) continue;
    const known = registryVersions[name];
    if (!known) throw new Error(`${name} comes from ${range}: add its version to registryVersions`);
    manifest.dependencies[name] = known;
    rmSync(join(dirname(manifestPath), 'npm-shrinkwrap.json'), { force: true });
  }
  // npm's policy for install scripts: what is rebuilt below may run them.
  manifest.allowScripts = Object.fromEntries(neededNatives.map((name) => [name, true]));
  writeFileSync(manifestPath, JSON.stringify(manifest));
}

const isOnPath = (tool) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool)));

/** Settings of npm that belong to the machine; those of this project's own run must not reach another install. */
const machineSettings =
  /^npm_config_(registry|cache|userconfig|globalconfig|nodedir|proxy|https_proxy|noproxy|cafile)$/i;

function npm(args, cwd, node) {
  const environment = environmentWith(node);
  for (const key of Object.keys(environment)) {
    if (/^npm_/i.test(key) && !machineSettings.test(key)) delete environment[key];
  }
  // Where Node's headers are installed, node-gyp need not download them; native modules use the stable ABI.
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include/node/node_api.h'))) {
    environment.npm_config_nodedir ??= prefix;
  }
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', [...args, ...quiet], {
    cwd,
    env: environment,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${cwd}`);
}
