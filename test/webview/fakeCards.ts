import type { AnyPanelState } from './fakeCardState.ts';
import {
  cardChanged,
  cardContactSheet,
  cardContent,
  cardDraw,
  cardFetchContactSheet,
  cardGo,
  cardJudgeBlindTest,
  cardSetLabel,
  cardSnapshot,
  cardStartBlindTest,
  type CardState,
} from '../../src/protocol/cardPanel.ts';
import {
  contrastCancel,
  contrastChanged,
  contrastPickRuns,
  contrastPickSet,
  contrastSnapshot,
  contrastStart,
  contrastTest,
  type ContrastState,
} from '../../src/protocol/contrastPanel.ts';
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
  panelSetList,
  panelSaveFile,
} from '../../src/protocol/panelRequests.ts';
import {
  qualityCancelCompare,
  qualityCancelMeasure,
  qualityChanged,
  qualityCompare,
  qualityMeasure,
  qualityRefresh,
  qualitySnapshot,
  type QualityState,
} from '../../src/protocol/qualityPanel.ts';
import type { NotificationDefinition } from '../../src/protocol/request.ts';
import { aCard, aLabel, aThumbnail, someFigures, someRows } from './cardFixtures.ts';
import { fakePicture } from './fakePicture.ts';
import { searchRows } from './fakeSearch.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';

/** The extension's side of card, gallery, contrast sets and quality report, inside the page under test. */
export type FakeCards = FakePanel<AnyPanelState>;

declare global {
  interface Window {
    fakeCards: FakeCards;
  }
}

const { fake, handle, record } = serveFakePanel<AnyPanelState>(
  ...([
    cardChanged,
    galleryChanged,
    contrastChanged,
    qualityChanged,
  ] as NotificationDefinition<AnyPanelState>[]),
);
window.fakeCards = fake;

let own: EffectiveLabel | undefined;
let lists: readonly string[] = ['candidates'];
const history: FeatureRef[] = [];

handle(cardSnapshot, () => fake.state() as CardState);
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
  const { feature } = fake.state() as CardState;
  if (to === 'back')
    void fake.show({ feature: history.pop() ?? null, canGoBack: history.length > 0 });
  else if (to !== 'forward') {
    if (feature) history.push(feature);
    void fake.show({ feature: to, canGoBack: true });
  }
  return null;
});
handle(cardSetLabel, ({ text, note }) => {
  own =
    text === '' && note === ''
      ? undefined
      : aLabel({ source: 'own', text, note, confidence: null, provenance: 'labels' });
  void fake.show({ revision: (fake.state() as CardState).revision + 1 });
  return null;
});
handle(panelSetList, ({ name, isMember }) => {
  lists = isMember ? [...lists, name] : lists.filter((one) => one !== name);
  void fake.show({ revision: (fake.state() as CardState).revision + 1 });
  return null;
});
const sheetRepo = 'surokpro2/sdxl_sae_images';
handle(cardContactSheet, ({ feature: { block } }) =>
  block === 'up.0.0' ? { repo: sheetRepo, uri: null } : null,
);
handle(cardFetchContactSheet, ({ feature: { id } }) => ({
  ...{ repo: sheetRepo, uri: `/pictures/${id}.png` },
}));
handle(cardDraw, ({ kind }) => ({
  kind,
  prompt: 'a red apple',
  unit: kind === 'icon' ? ('γ' as const) : ('mean' as const),
  pictures: [0.5, 1, 1.5].map((strength) => ({
    ...{ strength, distance: 12 * strength, width: 64, height: 64 },
    rgb: fakePicture(64, 64, 10 * strength).buffer,
  })),
}));
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
handle(gallerySnapshot, () => fake.state() as GalleryState);
handle(gallerySearch, (query) => searchRows(rows, query));

handle(contrastSnapshot, () => fake.state() as ContrastState);
handle(contrastPickSet, () => ({ setDir: '/sets/first', pictureCount: 400 }));
handle(contrastPickRuns, () => ({ runIds: ['run-1', 'run-2', 'run-3', 'run-4'] }));
handle(qualitySnapshot, () => fake.state() as QualityState);

handle(featurePreview, ({ feature: { block, id } }) => ({
  picture: { uri: `/pictures/${id}.png`, prompt: 'a red apple' },
  figures: someFigures(),
  neighbours: [{ block, id: 20, label: 'green apple', cosine: 0.7 }],
}));
handle(panelPin, ({ feature, isPinned }) => {
  const others = (fake.state() as CardState).pinned.filter(
    ({ block, id }) => block !== feature.block || id !== feature.id,
  );
  void fake.show({ pinned: isPinned ? [...others, feature] : others });
  return null;
});
record(
  ...[panelOpenCard, panelCopyText, panelSaveFile, panelRun, panelAct],
  ...[
    contrastStart,
    contrastCancel,
    contrastTest,
    qualityRefresh,
    qualityCompare,
    qualityCancelCompare,
    qualityMeasure,
    qualityCancelMeasure,
  ],
);
