import type { AnyPanelState } from './fakeCardState.ts';
import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import {
  cardChanged,
  cardContent,
  cardGo,
  cardJudgeBlindTest,
  cardSetLabel,
  cardSetList,
  cardSnapshot,
  cardStartBlindTest,
  type CardState,
} from '../../src/protocol/cardPanel.ts';
import {
  contrastCancel,
  contrastChanged,
  contrastPickRuns,
  contrastSnapshot,
  contrastStart,
  type ContrastState,
} from '../../src/protocol/contrastPanel.ts';
import { FeaturescopeError, type ErrorCode } from '../../src/protocol/errors.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import { featurePreview } from '../../src/protocol/featurePreview.ts';
import {
  galleryChanged,
  gallerySearch,
  gallerySnapshot,
  type GalleryState,
} from '../../src/protocol/galleryPanel.ts';
import type { EffectiveLabel } from '../../src/protocol/labels.ts';
import {
  panelAct,
  panelCopyText,
  panelOpenCard,
  panelPin,
  panelRun,
  panelSaveFile,
} from '../../src/protocol/panelRequests.ts';
import {
  qualityCancelCompare,
  qualityChanged,
  qualityCompare,
  qualityRefresh,
  qualitySnapshot,
  type QualityState,
} from '../../src/protocol/qualityPanel.ts';
import type { RequestDefinition } from '../../src/protocol/request.ts';
import { aCard, aLabel, aThumbnail, someFigures, someRows } from './cardFixtures.ts';
import { searchRows } from './fakeSearch.ts';
import { serveFakeHost } from './fakeVscode.ts';

/** The extension's side of card, gallery, contrast sets and quality report, inside the page under test. */
export interface FakeCards {
  readonly calls: { readonly method: string; readonly params: unknown }[];
  /** Requests that shall fail, by method. */
  readonly failures: Record<string, { readonly code: ErrorCode; readonly message: string }>;
  /** Changes the state and pushes all of it, as the extension does. */
  show(change: Partial<AnyPanelState>): void;
}

declare global {
  interface Window {
    fakeCards: FakeCards;
  }
}

const startKey = 'fakeStart';
let state = (window as unknown as Record<string, unknown>)[startKey] as AnyPanelState;
const dispatcher = new Dispatcher();
const connection = serveFakeHost(dispatcher);
const fake: FakeCards = {
  calls: [],
  failures: {},
  show: (change) => {
    state = { ...state, ...change };
    for (const changed of [cardChanged, galleryChanged, contrastChanged, qualityChanged]) {
      connection.notify(changed as typeof cardChanged, state as CardState);
    }
  },
};
window.fakeCards = fake;

function handle<Params, Result>(
  definition: RequestDefinition<Params, Result, never>,
  answer: (params: Params) => Result,
): void {
  dispatcher.handle(definition, (params) => {
    fake.calls.push({ method: definition.method, params });
    const failure = fake.failures[definition.method];
    if (failure) throw new FeaturescopeError(failure.code, failure.message);
    return answer(params);
  });
}

let own: EffectiveLabel | undefined;
let lists: readonly string[] = ['candidates'];
const history: FeatureRef[] = [];

handle(cardSnapshot, () => state as CardState);
handle(cardContent, ({ feature }) => {
  if (feature.block === 'strange.block') return null;
  const card = aCard(feature, { lists });
  const figures = someFigures({ isDead: true, density: 0, mean: 0, max: 0, pictureShare: 0 });
  if (feature.id === 666) {
    return { ...card, figures, examples: [], words: [], histogram: { edges: [1, 2], counts: [0] } };
  }
  return own ? { ...card, label: own, labels: [own, ...card.labels] } : card;
});
handle(cardGo, ({ to }) => {
  const { feature } = state as CardState;
  if (to === 'back') fake.show({ feature: history.pop() ?? null, canGoBack: history.length > 0 });
  else if (to !== 'forward') {
    if (feature) history.push(feature);
    fake.show({ feature: to, canGoBack: true });
  }
  return null;
});
handle(cardSetLabel, ({ text, note }) => {
  own =
    text === '' && note === ''
      ? undefined
      : aLabel({ source: 'own', text, note, confidence: null, provenance: 'labels' });
  fake.show({ revision: (state as CardState).revision + 1 });
  return null;
});
handle(cardSetList, ({ name, isMember }) => {
  lists = isMember ? [...lists, name] : lists.filter((one) => one !== name);
  fake.show({ revision: (state as CardState).revision + 1 });
  return null;
});
handle(cardStartBlindTest, () => ({
  seed: 5,
  pictures: Array.from({ length: 10 }, (_, index) => {
    const { pictureIndex, prompt, uri } = aThumbnail(index + 1);
    return { pictureIndex, prompt, uri };
  }),
}));
handle(cardJudgeBlindTest, ({ guesses }) => ({
  truths: guesses.map((_, index) => index % 2 === 0),
  ...{ balancedAccuracy: 0.8, low: 0.52, high: 0.93, positiveCount: 5, negativeCount: 5 },
}));

const rows = someRows();
handle(gallerySnapshot, () => state as GalleryState);
handle(gallerySearch, (query) => searchRows(rows, query));

handle(contrastSnapshot, () => state as ContrastState);
handle(contrastPickRuns, () => ({ runIds: ['run-1', 'run-2', 'run-3', 'run-4'] }));
handle(qualitySnapshot, () => state as QualityState);

handle(featurePreview, ({ feature: { block, id } }) => ({
  picture: { uri: `/pictures/${id}.png`, prompt: 'a red apple' },
  figures: someFigures(),
  neighbours: [{ block, id: 20, label: 'green apple', cosine: 0.7 }],
}));
handle(panelPin, ({ feature, isPinned }) => {
  const others = (state as CardState).pinned.filter(
    ({ block, id }) => block !== feature.block || id !== feature.id,
  );
  fake.show({ pinned: isPinned ? [...others, feature] : others });
  return null;
});
const silent = [
  ...[panelOpenCard, panelCopyText, panelSaveFile, panelRun, panelAct],
  ...[contrastStart, contrastCancel, qualityRefresh, qualityCompare, qualityCancelCompare],
];
for (const definition of silent) {
  handle(definition as RequestDefinition<unknown, null, never>, () => null);
}
