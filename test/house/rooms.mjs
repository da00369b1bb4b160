/**
 * Who may import whom: the one table behind the lint rule (eslint.config.mjs) and the test on the built programs
 * (walls.test.ts). ARCHITECTURE.md, "Walls", says why.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Room
 * @property {string} dir folder, from the repository's root
 * @property {readonly string[]} rooms other rooms that its files may import
 * @property {readonly string[]} packages exact specifiers of npm packages, or `name/*` for all paths inside one
 * @property {boolean} [hasNode] may import `node:*`
 * @property {readonly string[]} [testRooms] rooms that only its `*.test.ts` may import as well
 */

const vocabulary = ['src/protocol', 'src/numerics'];
const engine = (name, rooms, packages = [], testRooms = []) => ({
  dir: `src/engine/${name}`,
  rooms: [...vocabulary, ...rooms.map((room) => `src/engine/${room}`)],
  packages,
  hasNode: true,
  testRooms: testRooms.map((room) => `src/engine/${room}`),
});

const root = join(import.meta.dirname, '..', '..');
/** One room for each panel: a folder of webview/ with a main.ts. No panel may import another. */
const panels = readdirSync(join(root, 'webview'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['shared', 'ui'].includes(entry.name))
  .map((entry) => ({
    dir: `webview/${entry.name}`,
    rooms: [...vocabulary, 'src/charts', 'webview/shared', 'webview/ui'],
    packages: ['lit', 'lit/*'],
  }));

/** @type {readonly Room[]} */
export const rooms = [
  { dir: 'src/protocol', rooms: [], packages: ['vscode-jsonrpc', 'zod', 'jsonc-parser'] },
  {
    dir: 'src/numerics',
    rooms: [],
    packages: ['pure-rand', 'pure-rand/*', 'd3-scale-chromatic', 'culori'],
  },
  { dir: 'src/charts', rooms: vocabulary, packages: [] },
  {
    dir: 'src/runner',
    rooms: ['src/protocol'],
    packages: ['onnxruntime-node', 'vscode-jsonrpc/node'],
    hasNode: true,
  },
  {
    dir: 'src/processes',
    rooms: ['src/protocol'],
    packages: ['vscode-jsonrpc/node'],
    hasNode: true,
  },
  { ...engine('ort', []), rooms: [...vocabulary, 'src/processes'] },
  engine('onnx', ['ort'], ['@bufbuild/protobuf', '@bufbuild/protobuf/*']),
  engine('files', [], ['write-file-atomic']),
  engine('models', ['ort', 'onnx', 'files'], ['zod', 'fflate', '@huggingface/hub']),
  engine('store', ['ort', 'files'], ['zod', 'fast-png', 'fflate']),
  engine('pictures', [], ['@cwasm/jpeg-turbo', '@cwasm/webp']),
  engine('pipeline', ['models', 'onnx', 'store', 'ort'], ['zod']),
  engine('lens', ['pipeline', 'pictures', 'models', 'onnx', 'store', 'files', 'ort'], ['zod']),
  engine('jobs', ['store', 'files'], ['zod']),
  {
    dir: 'src/engine',
    rooms: [
      ...vocabulary,
      ...['jobs', 'lens', 'pipeline', 'pictures', 'models', 'onnx', 'store', 'ort'].map(
        (name) => `src/engine/${name}`,
      ),
    ],
    packages: ['vscode-jsonrpc/node', 'zod'],
    hasNode: true,
  },
  {
    dir: 'src/host',
    rooms: [...vocabulary, 'src/processes'],
    packages: ['vscode', 'vscode-jsonrpc', 'vscode-jsonrpc/node', 'jsonc-parser'],
    hasNode: true,
  },
  {
    dir: 'src/cli',
    rooms: [...vocabulary, 'src/charts', 'src/engine'],
    packages: ['commander', 'fflate'],
    hasNode: true,
  },
  {
    dir: 'webview/shared',
    rooms: [...vocabulary, 'src/charts', 'webview/ui'],
    packages: ['lit', 'lit/*', 'vscode-jsonrpc', 'vscode-jsonrpc/browser'],
  },
  {
    dir: 'webview/ui',
    rooms: [],
    packages: ['lit', 'lit/*', '@vscode/webview-ui-toolkit', '@vscode/webview-ui-toolkit/*'],
  },
  ...panels,
];

/** Rooms inside this one, whose files have a row of their own. */
const innerRooms = (room) => rooms.filter((other) => other.dir.startsWith(`${room.dir}/`));

/** The room of a file, by the longest folder that fits; undefined for files outside all rooms. */
export function roomOf(file) {
  return rooms
    .filter((room) => file.startsWith(`${room.dir}/`))
    .sort((a, b) => b.dir.length - a.dir.length)[0];
}

/** Folders of a room, so deep that a lint entry per depth covers them; a test checks that none is deeper. */
export const depthMax = 3;

/** Depths below the room's folder at which its own files lie: 0 only, where inner rooms begin at 1. */
export const depthsOf = (room) =>
  innerRooms(room).length > 0 ? [0] : Array.from({ length: depthMax + 1 }, (_, depth) => depth);

export const sentence = (room) =>
  `${room.dir} may import ${[...room.rooms, ...room.packages, ...(room.hasNode ? ['node:*'] : [])].join(', ') || 'only itself'}. ` +
  'See "Walls" in ARCHITECTURE.md; the table is test/house/rooms.mjs.';
