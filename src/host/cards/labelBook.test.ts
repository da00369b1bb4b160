import assert from 'node:assert/strict';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { featureCard, type FeatureRow, searchFeatures } from '../../protocol/indexSearch.ts';
import { type IndexSummary, listIndexes } from '../../protocol/indexes.ts';
import {
  changeList,
  type EffectiveLabel,
  type LabelsFile,
  readLabels,
  writeLabels,
} from '../../protocol/labels.ts';
import { FeatureChoice } from '../features/featureChoice.ts';
import { Report } from '../report.ts';
import { CardSession } from './cardSession.ts';
import { IndexList } from './indexList.ts';
import { LabelBook } from './labelBook.ts';
import { labelsPathIn } from './labelsPath.ts';

const anIndex = (block: string, finishedAt: string | null): IndexSummary => ({
  ...{ path: `/index/${block}.db`, isShipped: true, block, saeSha256: 'aa', nFeatures: 1200 },
  ...{ cellsHigh: 1, cellsWide: 1, stepIndices: [0], pictureCount: 4, sampleCount: 4 },
  ...{ setName: 'set', finishedAt },
});
const aLabel = (source: EffectiveLabel['source'], text: string): EffectiveLabel => ({
  ...{ source, text, note: '', category: '', confidence: null, provenance: '' },
});
const aRow = (id: number): FeatureRow => ({
  ...{ block: 'mid.0', id, density: 0, pictureShare: 0, mean: 0, std: 0, max: 0, locality: 0 },
  ...{ isDead: false, isAlwaysOn: false, words: [], best: null, matches: [] },
  label: aLabel(id === 3 ? 'automatic' : 'imported', `label ${String(id)}`),
});

function makeBook(labelsPath: string | null = '/work/labels.tsv') {
  let file: LabelsFile = {
    labels: [{ block: 'mid.0', id: 4, text: 'mine', note: 'a note' }],
    lists: [{ name: 'good', features: [{ block: 'mid.0', id: 4 }] }],
    problems: [],
  };
  const asked: string[] = [];
  const engine = new Dispatcher();
  const place: { path: string | null; answer?: Promise<void>; hasIndex?: boolean } = {
    path: labelsPath,
  };
  engine.handle(readLabels, async ({ labelsPath: path }) => {
    asked.push('read');
    const { answer } = place;
    await answer;
    return path === labelsPath ? file : { labels: [], lists: [], problems: [] };
  });
  engine.handle(writeLabels, ({ changes }) => {
    const labels = changes.map(({ feature, text, note }) => ({ ...feature, text, note }));
    file = { ...file, labels: labels.filter(({ text, note }) => text !== '' || note !== '') };
    return file;
  });
  engine.handle(changeList, ({ name, features, isMember }) => {
    file = { ...file, lists: isMember ? [{ name, features }] : [] };
    return file;
  });
  engine.handle(listIndexes, () => [
    anIndex('mid.0', place.hasIndex === false ? null : '2025-01-01T00:00:00Z'),
    anIndex('up.0.0', null),
  ]);
  // As the engine does: 500 rows at once, of 1,200.
  engine.handle(searchFeatures, ({ offset, limit }) => {
    asked.push(`search ${String(offset)}`);
    const count = Math.max(0, Math.min(limit, 500, 1200 - offset));
    const rows = Array.from({ length: count }, (_, index) => aRow(offset + index));
    return { rows, totalCount: 1200, hasAllWords: true, durationMs: 1 };
  });
  engine.handle(featureCard, () => {
    throw new Error('The index is damaged.');
  });
  const model = { dir: '/model', isEmbedded: true };
  const indexes = new IndexList(engine, model);
  const book = new LabelBook({
    ...{ engine, model, indexes },
    labelsPath: () => place.path ?? undefined,
  });
  const empty = () => (file = { labels: [], lists: [], problems: [] });
  return { book, asked, place, empty, engine, model, indexes };
}

/** Lets what was asked come back. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('LabelBook', () => {
  it('has own labels over imported ones, marks automatic ones, and reads all pages once', async () => {
    const { book, asked } = makeBook();
    let told = 0;
    book.onDidChange(() => told++);
    assert.equal(book.labelOf({ block: 'mid.0', id: 4 }), undefined, 'not read yet');
    await settle();
    assert.ok(told > 0);
    assert.equal(book.labelOf({ block: 'mid.0', id: 4 }), 'mine');
    assert.equal(book.labelOf({ block: 'mid.0', id: 3 }), 'label 3 (automatic)');
    assert.equal(book.labelOf({ block: 'mid.0', id: 1199 }), 'label 1199');
    assert.deepEqual(asked, ['read', 'search 0', 'search 500', 'search 1000']);
    assert.equal((await book.ownLabel({ block: 'mid.0', id: 4 }))?.note, 'a note');
  });

  it('takes over what was written, and reads again when the file was changed elsewhere', async () => {
    const { book, asked } = makeBook();
    const feature = { block: 'up.0.1', id: 9 };
    const { revision } = book;
    await book.change([{ feature, text: 'new', note: '' }]);
    assert.ok(book.revision > revision);
    await settle();
    assert.equal(book.labelOf(feature), 'new');
    await book.setList('better', [feature], true);
    assert.deepEqual(
      book.lists.map(({ name }) => name),
      ['better'],
    );
    await settle();
    const before = asked.filter((one) => one === 'read').length;
    book.forget();
    book.labelOf(feature);
    await settle();
    assert.equal(asked.filter((one) => one === 'read').length, before + 1);
  });

  it('shows no label of the file before when the setting names another, even one that was being read', async () => {
    const { book, place } = makeBook();
    let answer = (): void => undefined;
    place.answer = new Promise((resolve) => (answer = resolve));
    const feature = { block: 'mid.0', id: 4 };
    book.labelOf(feature);
    delete place.answer;
    place.path = '/work/other.tsv';
    book.forgetFile();
    book.labelOf(feature);
    await settle();
    answer();
    await settle();
    assert.equal(book.labelOf(feature), 'label 4');
    assert.deepEqual(book.lists, []);
    place.path = '/work/labels.tsv';
    book.forgetFile();
    assert.equal((await book.ownLabel(feature))?.text, 'mine');
  });

  it('tells when the last own label has gone from the file', async () => {
    const { book, empty, place } = makeBook();
    place.hasIndex = false;
    const feature = { block: 'mid.0', id: 4 };
    assert.equal((await book.ownLabel(feature))?.text, 'mine');
    await settle();
    empty();
    book.forget();
    let seen = book.labelOf(feature);
    assert.equal(seen, 'mine', 'until it is read again');
    book.onDidChange(() => (seen = book.labelOf(feature)));
    await settle();
    assert.equal(seen, undefined);
  });

  it('says where own labels could be kept when no folder is open', async () => {
    const { book } = makeBook(null);
    assert.deepEqual(book.place, {});
    const change = { feature: { block: 'mid.0', id: 1 }, text: 'x', note: '' };
    await assert.rejects(book.change([change]), /no folder is open/);
  });
});

describe('labelsPathIn', () => {
  it('stays inside the folder, whatever the setting says', () => {
    const custom = 'featurescope-labels.tsv';
    assert.equal(labelsPathIn(undefined, custom), undefined);
    assert.equal(labelsPathIn('/work', 'notes/mine.tsv'), '/work/notes/mine.tsv');
    for (const name of ['../other.tsv', '/etc/x.tsv', 'run.sh', '']) {
      assert.equal(labelsPathIn('/work', name), `/work/${custom}`, name);
    }
  });
});

describe('CardSession', () => {
  const makeSession = () => {
    const made = makeBook();
    const choice = new FeatureChoice({ get: () => undefined, update: async () => {} });
    const report = new Report({
      ...{ isTrusted: () => true, log: () => {}, act: () => {} },
      notify: async () => undefined,
    });
    const ports = {
      ...{ ...made, labels: made.book, choice, report, labelsFile: () => 'labels.tsv' },
      hub: { url: 'http://hub.test', tell: async () => {} },
      blursContactSheets: () => true,
    };
    return { ...made, session: new CardSession(ports, () => {}) };
  };
  const feature = (id: number) => ({ block: 'mid.0', id });

  it('goes back and forward, and forgets what lay ahead of a new choice', () => {
    const { session } = makeSession();
    for (const id of [1, 2, 2, 3]) session.go(feature(id));
    session.go('back');
    session.go('back');
    session.go('back');
    assert.deepEqual(session.feature, feature(1));
    assert.equal(session.state.canGoBack, false);
    session.go('forward');
    assert.deepEqual(session.feature, feature(2));
    session.go(feature(9));
    assert.equal(session.state.canGoForward, false);
    session.go('back');
    assert.deepEqual(session.feature, feature(2));
  });

  it('has nothing for a block without a finished index, and says what failed', async () => {
    const { session } = makeSession();
    const uriOf = () => null;
    assert.equal(await session.content({ block: 'up.0.0', id: 1 }, uriOf), null);
    await assert.rejects(session.content(feature(1), uriOf), /damaged/);
    assert.match(session.state.problem?.cause ?? '', /damaged/);
    session.recover();
    assert.equal(session.state.problem, null);
  });
});
