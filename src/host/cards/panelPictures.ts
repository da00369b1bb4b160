import type { ExamplePicture, ExampleWithMap, FeatureCard } from '../../protocol/indexSearch.ts';
import type { CardContent, CardExample } from '../../protocol/cardPanel.ts';
import type { PanelPicture } from '../../protocol/panelRequests.ts';

/** An address that a panel can load, or null. */
export type UriOf = (path: string | null) => string | null;

export function panelPicture({ path, ...picture }: ExamplePicture, uriOf: UriOf): PanelPicture {
  return { ...picture, uri: uriOf(path) };
}

/** A received view may sit at an offset in a larger buffer. */
const bufferOf = (values: Float32Array): ArrayBuffer => new Float32Array(values).buffer;

const cardExample = ({ map, ...picture }: ExampleWithMap, uriOf: UriOf): CardExample => ({
  ...panelPicture(picture, uriOf),
  map: bufferOf(map),
});

/** A card as it crosses to a panel. */
export const cardContentOf = (card: FeatureCard, uriOf: UriOf): CardContent => ({
  ...card,
  spatialPrior: bufferOf(card.spatialPrior),
  examples: card.examples.map(({ interval, pictures }) => ({
    interval,
    pictures: pictures.map((picture) => cardExample(picture, uriOf)),
  })),
  hardNegatives: card.hardNegatives.map((picture) => panelPicture(picture, uriOf)),
  randomNegatives: card.randomNegatives.map((picture) => panelPicture(picture, uriOf)),
});
