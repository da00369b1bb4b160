/** Turns the table of rooms into options of ESLint's `no-restricted-imports`. */
import { posix } from 'node:path';
import { depthsOf, rooms, sentence } from './rooms.mjs';

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Matches one entry of a room's `packages`. */
const packagePattern = (entry) =>
  entry.endsWith('/*') ? `${escape(entry.slice(0, -1))}.+` : escape(entry);

/**
 * Specifiers that a file may import, as a regular expression: files of one depth of one room have the same relative
 * prefixes for every other room, so that a list of allowed prefixes is exact.
 */
function allowed(room, depth, isTest) {
  const folder = posix.join(room.dir, ...Array.from({ length: depth }, () => 'x'));
  const others = [...room.rooms, ...(isTest ? (room.testRooms ?? []) : [])];
  const prefix = (dir) => {
    const path = posix.relative(folder, dir);
    return `${escape(path.startsWith('.') ? path : `./${path}`)}\\/.+`;
  };
  const up = depth > 0 ? [`(?:\\.\\.\\/){1,${depth}}(?!\\.).+`] : [];
  return [
    ...['\\.\\/(?!\\.).+', ...up],
    ...others.map(prefix),
    ...room.packages.map(packagePattern),
    ...(room.hasNode || isTest ? ['node:.+'] : []),
    ...(isTest
      ? ['fast-check', 'vscode-jsonrpc\\/node', prefix('test/support'), prefix('test/golden')]
      : []),
  ];
}

/** @returns {{ 'no-restricted-imports': [string, { patterns: [{ regex: string, message: string }] }] }} */
const rule = (room, depth, isTest) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          regex: `^(?!(?:${allowed(room, depth, isTest).join('|')})$)`,
          message: sentence(room),
        },
      ],
    },
  ],
});

/** Flat config entries: product files first, so that the looser entry of test files wins for them. */
export const wallConfigs = [false, true].flatMap((isTest) =>
  rooms.flatMap((room) =>
    depthsOf(room).map((depth) => ({
      name: `walls/${room.dir}/${depth}${isTest ? '/test' : ''}`,
      files: [
        posix.join(
          room.dir,
          ...Array.from({ length: depth }, () => '*'),
          isTest ? '*.test.ts' : '*.ts',
        ),
      ],
      rules: rule(room, depth, isTest),
    })),
  ),
);
