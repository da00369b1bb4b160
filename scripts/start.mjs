/**
 * `npm start -- [PROMPT] [OPTIONS…]`: shows what Featurescope does, in the way that fits this machine.
 *
 * With a desktop VS Code: opens it with the extension and a sample folder. Without: makes one picture on the command
 * line and says where it is. `--serve [--port N]`: starts the VS Code server with the extension and prints its address.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { runProcess } from './runProcess.mjs';
import { serve } from './serve.mjs';

const root = dirname(import.meta.dirname);
const defaultPrompt = 'a cat and a red apple on the beach';
const help = `npm start                          opens VS Code with the extension, or makes a picture where there is no desktop
npm start -- "a cat on grass"      makes that picture; further options as in \`npx featurescope generate --help\`
npm start -- --serve [--port N]    starts a VS Code server with the extension and prints its address
npm start -- --desktop             opens the desktop VS Code, or says why it cannot`;

const args = process.argv.slice(2);
try {
  process.exitCode = await start();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function start() {
  if (args.includes('--help')) {
    console.log(help);
    return 0;
  }
  if (!existsSync(join(root, 'node_modules', 'esbuild'))) {
    throw new Error('Not installed yet. Run `npm ci` first.');
  }
  const hasDesktop = findDesktop();
  if (args.includes('--desktop') && !hasDesktop) {
    throw new Error('There is no `code` on PATH, or no display to show it on.');
  }
  const code = await runProcess('node', ['esbuild.mjs'], { cwd: root });
  if (code !== 0) return code;
  if (args.includes('--serve')) return serve(root, sampleFolder(), portAsked());
  if (args.includes('--desktop') || (args.length === 0 && hasDesktop)) return openDesktop();
  return generate();
}

async function generate() {
  const [prompt, ...options] =
    args[0] && !args[0].startsWith('-') ? args : [defaultPrompt, ...args];
  const isOurs = !options.some((option) => ['--out', '-o', '--json'].includes(option));
  mkdirSync(join(root, 'out'), { recursive: true });
  const picture = join(root, 'out', 'featurescope.png');
  const program = join(root, 'dist', 'cli.cjs');
  const startMs = Date.now();
  const code = await runProcess(
    'node',
    [program, 'generate', prompt, ...options, ...(isOurs ? ['--out', picture] : [])],
    {
      // npm changes to the project's folder; paths that a person types belong to theirs.
      cwd: process.env.INIT_CWD ?? process.cwd(),
      stdio: ['inherit', isOurs ? 'ignore' : 'inherit', 'inherit'],
    },
  );
  if (code === 0 && isOurs) {
    const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
    console.log(`The picture is in ${picture}, after ${seconds} s with the loading of the model.`);
    console.log('In the editor: npm start -- --serve, and open the address that it prints.');
  }
  return code;
}

function findDesktop() {
  const hasDisplay =
    process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  const names = process.platform === 'win32' ? ['code.cmd'] : ['code'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  return hasDisplay && folders.some((path) => names.some((name) => existsSync(join(path, name))));
}

function openDesktop() {
  console.log('Opening VS Code. In its palette (F1): "SAE: Generate with Prompt".');
  return runProcess('code', ['--new-window', `--extensionDevelopmentPath=${root}`, sampleFolder()]);
}

function portAsked() {
  const text = args[args.indexOf('--port') + 1];
  if (!args.includes('--port')) return 0;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port wants a number from 1 to 65535, not "${text ?? ''}".`);
  }
  return port;
}

/** A folder to open: VS Code asks for one before it trusts anything. */
function sampleFolder() {
  const folder = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'featurescope',
    'sample',
  );
  mkdirSync(folder, { recursive: true });
  const text = `# A folder to play in

1. Press F1 and run **SAE: Generate with Prompt**.
2. Type "${defaultPrompt}".
3. Change the seed in the panel and generate again.
`;
  writeFileSync(join(folder, 'README.md'), text);
  return folder;
}
