import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const lineMax = 600;
const medianMax = 120;
const textTypes = new Set(['.ts', '.mjs', '.cjs', '.json', '.md', '.py', '.css', '.yaml', '.yml']);
const notOurs = new Set(['node_modules', 'dist', '.git', 'models', 'golden', '.artifacts', 'work']);

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

describe('files', () => {
  const files = [...textFiles(root)];
  const code = files.filter(
    ({ path }) => /^(src|webview|test|scripts)\//.test(path) && /\.(ts|mjs|cjs)$/.test(path),
  );
  const written = code.filter(({ path }) => !path.includes('/generated/'));

  it(`none is longer than ${lineMax} lines, and half of them are shorter than ${medianMax}`, () => {
    const lengths = written.map(({ text }) => text.split('\n').length).sort((a, b) => a - b);
    const long = written.filter(({ text }) => text.split('\n').length > lineMax);
    assert.deepEqual(pathsOf(long), []);
    assert.ok((lengths[Math.floor(lengths.length / 2)] ?? 0) < medianMax);
  });

  it('a rule that is switched off says why', () => {
    const silent = linesWith(written, /eslint-disable|@ts-expect-error/).filter(
      (line) => !/ -- \S/.test(line) && !line.startsWith('test/house/files.test.ts'),
    );
    assert.deepEqual(silent, []);
  });

  it('a test that is skipped says until when', () => {
    const tests = written.filter(({ path }) => path.endsWith('.test.ts'));
    const silent = linesWith(tests, /\b(it|describe)\.skip\(|this\.skip\(/).filter(
      (line) => !/\/\/.*\buntil\b/i.test(line) && !line.startsWith('test/house/files.test.ts'),
    );
    assert.deepEqual(silent, []);
  });

  it('none names a place on the machine where it was written', () => {
    const places = /(?<![\w.$}])\/(root|home|Users)\/\w/;
    assert.deepEqual(linesWith(files, places), []);
  });

  it('the lock file names no registry of its own', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    const hosts = [...lock.matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map(([, host]) => host);
    assert.deepEqual(
      [...new Set(hosts)].filter((host) => host !== 'registry.npmjs.org'),
      [],
    );
  });
});

function* textFiles(dir: string): Generator<SourceFile> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && !notOurs.has(entry.name)) yield* textFiles(path);
    else if (entry.isFile() && textTypes.has(extname(entry.name))) {
      const name = relative(root, path).split(sep).join('/');
      yield { path: name, text: readFileSync(path, 'utf8') };
    }
  }
}

const pathsOf = (files: readonly SourceFile[]): string[] => files.map(({ path }) => path);

const linesWith = (files: readonly SourceFile[], pattern: RegExp): string[] =>
  files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
