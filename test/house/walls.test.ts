import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, sep } from 'node:path';
import type { Metafile } from 'esbuild';
import { depthMax, type Room, roomOf, rooms, sentence } from './rooms.mjs';
import { wallConfigs } from './wallPatterns.mjs';

const root = join(import.meta.dirname, '..', '..');

describe('walls', () => {
  const metafiles = JSON.parse(readFileSync(join(root, 'dist', 'meta.json'), 'utf8')) as Record<
    string,
    Metafile
  >;

  for (const [bundle, { inputs }] of Object.entries(metafiles)) {
    it(`${bundle} is built of rooms that may know each other`, () => {
      const breaches = Object.entries(inputs).flatMap(([file, { imports }]) => {
        const room = roomOf(file);
        if (!room) return isOurs(file) ? [`${file} is in no room`] : [];
        return imports
          .filter((target) => !mayImport(room, target.path, target.original))
          .map((target) => `${file} imports ${target.path}. ${sentence(room)}`);
      });
      assert.deepEqual(breaches, []);
    });
  }

  it('only the runner loads ONNX Runtime, and only the extension loads vscode', () => {
    assert.deepEqual(bundlesWith(metafiles, 'onnxruntime-node'), ['runner']);
    assert.deepEqual(bundlesWith(metafiles, 'vscode'), ['extension']);
  });

  it('panels load nothing at run time but themselves', () => {
    const panels = Object.keys(metafiles).filter((bundle) => bundle.startsWith('webview/'));
    for (const panel of panels) {
      const outside = externals(metafiles[panel]).filter((path) => !/\.(ttf|woff2)$/.test(path));
      assert.deepEqual(outside, [], panel);
    }
  });

  it('every folder is shallow enough for the lint walls', () => {
    for (const room of rooms) {
      const deepest = readdirSync(join(root, room.dir), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => join(entry.parentPath).slice(join(root, room.dir).length))
        .map((path) => path.split(sep).length - 1);
      assert.ok(Math.max(0, ...deepest) <= depthMax, `${room.dir} is deeper than ${depthMax}`);
    }
  });

  it('lint refuses what the table does not list', () => {
    const cases: [file: string, specifier: string, isAllowed: boolean][] = [
      ['src/engine/pipeline/*.ts', '../models/modelFolder.ts', true],
      ['src/engine/pipeline/*.ts', './generate.ts', true],
      ['src/engine/pipeline/*.ts', '../handlers.ts', false],
      ['src/engine/pipeline/*.ts', '../../host/log.ts', false],
      ['src/engine/pipeline/*/*.ts', '../generate.ts', true],
      ['src/engine/pipeline/*/*.ts', '../../handlers.ts', false],
      ['src/engine/models/*.ts', '../pipeline/generate.ts', false],
      ['src/engine/*.ts', 'onnxruntime-node', false],
      ['src/runner/*.ts', 'onnxruntime-node', true],
      ['src/protocol/*.ts', 'node:fs', false],
      ['src/host/*.ts', '../engine/engine.ts', false],
      ['webview/shared/*.ts', 'vscode', false],
    ];
    for (const [file, specifier, isAllowed] of cases) {
      assert.equal(lintAllows(file, specifier), isAllowed, `${file} importing ${specifier}`);
    }
  });
});

const isOurs = (file: string): boolean => /^(src|webview)\//.test(file);

function mayImport(room: Room, path: string, original: string | undefined): boolean {
  if (isOurs(path)) {
    const target = roomOf(path);
    return target !== undefined && (target === room || room.rooms.includes(target.dir));
  }
  if (path.endsWith('.css') || /\.(ttf|woff2)$/.test(path)) return true;
  const specifier = original ?? path;
  if (isBuiltin(specifier)) return room.hasNode === true;
  return room.packages.some((entry) =>
    entry.endsWith('/*') ? specifier.startsWith(entry.slice(0, -1)) : specifier === entry,
  );
}

const externals = (metafile: Metafile | undefined): string[] =>
  Object.values(metafile?.inputs ?? {}).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );

const bundlesWith = (metafiles: Record<string, Metafile>, path: string): string[] =>
  Object.keys(metafiles).filter((bundle) => externals(metafiles[bundle]).includes(path));

function lintAllows(file: string, specifier: string): boolean {
  const config = wallConfigs.find(({ files }) => files.includes(file));
  assert.ok(config, `no lint wall for ${file}`);
  const [, { patterns }] = config.rules['no-restricted-imports'];
  return !patterns.some(({ regex }) => new RegExp(regex, 'iu').test(specifier));
}
