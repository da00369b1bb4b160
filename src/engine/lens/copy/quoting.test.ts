import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { pythonText, pythonValue } from './pythonText.ts';
import { shellText } from './shellText.ts';

const nasty = [
  '',
  'a"); import os; os.system("x") #',
  '\\',
  '\\"',
  "it's",
  '$(x) `x` ${x} !x',
  'line\nline\r\u2028 end',
  'é \u{1f34e}',
  '"""',
  "'; rm -rf / #",
];

describe('quoting for other languages', () => {
  it('writes Python literals in plain ASCII that nothing in the text can end', () => {
    const literal = /^"(?:[ !#-[\]-~]|\\["\\]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*"$/;
    const check = (text: string): void => {
      const quoted = pythonText(text);
      assert.match(quoted, literal);
      // Python's escapes of this form are JSON's, but for those above the first plane.
      const json = quoted.replace(/\\\\|\\U([0-9a-f]{8})/g, (all: string, hex?: string) =>
        hex === undefined ? all : String.fromCodePoint(parseInt(hex, 16)),
      );
      assert.equal(JSON.parse(json), text);
    };
    for (const text of [...nasty, '\0', '\ud800 alone']) check(text);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), check));
  });

  it('writes plain data as Python expressions', () => {
    assert.equal(
      pythonValue({ a: [1, -2.5, null, true, false], b: 'x"' }),
      '{"a": [1, -2.5, None, True, False], "b": "x\\""}',
    );
  });

  it('writes words that a POSIX shell gives back as they were', function () {
    if (process.platform === 'win32') this.skip(); // until Windows has a POSIX shell
    for (const text of nasty) {
      const out = execFileSync('sh', ['-c', `printf %s ${shellText(text)}`], { encoding: 'utf8' });
      assert.equal(out, text);
    }
    assert.equal(shellText('a\0b'), 'ab');
  });
});
