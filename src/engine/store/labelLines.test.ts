import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  formatLabels,
  type LabelDocument,
  parseLabels,
  setLabel,
  setListed,
} from './labelLines.ts';

const sae = '3bce7165b551';
const feature = (id: number, block = 'mid.0') => ({ block, id, sae });
const empty = parseLabels('');
const textOf = (document: LabelDocument): string[] =>
  formatLabels(document)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('lines of a labels file', () => {
  it('keeps a file in order, one line a label, the rest untouched', () => {
    let document = setLabel(empty, feature(7), 'tail', '');
    document = setLabel(document, feature(3), 'a "cat"', 'two\nlines\tand a tab \\');
    document = setListed(document, 'animals', feature(3), true);
    document = setLabel(document, feature(5), 'dog', '');
    assert.deepEqual(textOf(document), [
      `mid.0/3\t${sae}\ta "cat"\ttwo\\nlines\\tand a tab \\\\`,
      `mid.0/5\t${sae}\tdog`,
      `mid.0/7\t${sae}\ttail`,
      `list\tanimals\tmid.0/3\t${sae}`,
    ]);
    const again = parseLabels(formatLabels(document));
    assert.deepEqual(again, document);
    document = setLabel(again, feature(5), '', '');
    document = setListed(document, 'animals', feature(3), false);
    assert.equal(textOf(document).length, 2);
  });

  it('keeps what it does not understand, with the reason, and comments where they are', () => {
    const text = `# mine\nmid.0/3\t${sae}\tcat\nnonsense\n\nmid.0/4\tshort\tx\n`;
    const document = parseLabels(text);
    assert.equal(formatLabels(document), text);
    const reasons = document.lines.flatMap((line) =>
      line.kind === 'other' && line.reason ? [line.reason] : [],
    );
    assert.deepEqual(reasons, [
      '"nonsense" is not block/id',
      'the SAE is not 12 hexadecimal digits',
    ]);
    const changed = formatLabels(setLabel(document, feature(9), 'new', ''));
    assert.ok(changed.startsWith('# mine\nmid.0/3'));
    assert.ok(changed.includes('nonsense\n'));
  });

  it('leaves one line of several for the same feature', () => {
    const merged = parseLabels(`mid.0/3\t${sae}\tours\nmid.0/3\t${sae}\ttheirs\n`);
    assert.deepEqual(textOf(setLabel(merged, feature(3), 'both', '')), [`mid.0/3\t${sae}\tboth`]);
  });

  it('keeps Windows line ends', () => {
    const document = parseLabels(`mid.0/3\t${sae}\tcat\r\n`);
    assert.equal(
      formatLabels(setLabel(document, feature(4), 'dog', '')),
      `mid.0/3\t${sae}\tcat\r\nmid.0/4\t${sae}\tdog\r\n`,
    );
  });

  it('refuses texts that are too long, and takes control characters out', () => {
    assert.throws(
      () => setLabel(empty, feature(1), 'x'.repeat(201), ''),
      /201 characters; at most 200/,
    );
    assert.throws(() => setListed(empty, ' \u0000', feature(1), true), /no name/);
    assert.deepEqual(textOf(setLabel(empty, feature(1), ' a\u001b[31mb\r\n', '')), [
      `mid.0/1\t${sae}\ta[31mb`,
    ]);
  });

  it('reads any text without harm, and writes it back as it was', () => {
    const line = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom('mid.0/3', 'list', '#', 'mid.0/9999999999'),
          fc.string(),
          fc.string(),
        )
        .map((columns) => columns.join('\t')),
    );
    fc.assert(
      fc.property(fc.array(line), fc.string(), (lines, label) => {
        const document = parseLabels(lines.join('\n'));
        for (const each of document.lines) {
          if (each.kind === 'other') assert.ok(lines.join('\n').includes(each.raw));
        }
        const text = label.slice(0, 200);
        const after = parseLabels(formatLabels(setLabel(document, feature(77), text, 'note')));
        const found = after.lines.filter((each) => each.kind === 'label' && each.id === 77);
        assert.equal(found.length, 1);
      }),
    );
  });
});
