import assert from 'node:assert/strict';
import { panelPage } from './panelPage.ts';

const page = () =>
  panelPage({
    title: 'T',
    cspSource: 'https://source',
    scriptUri: 'https://source/result.js',
    styleUris: ['https://source/result.css'],
  });
const nonceOf = (html: string) => /nonce-([^']+)'/.exec(html)?.[1];

describe('panelPage', () => {
  it('allows its own script and styles and nothing else', () => {
    const html = page();
    assert.match(html, /default-src 'none'/);
    assert.doesNotMatch(html, /unsafe|\*/);
    assert.equal(html.match(/<script/g)?.length, 1);
    assert(html.includes(`<script nonce="${nonceOf(html) ?? ''}"`));
  });

  it('has a fresh nonce each time', () => {
    assert.notEqual(nonceOf(page()), nonceOf(page()));
  });
});
