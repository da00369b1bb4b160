import type { FeatureRef } from './featurePanel.ts';

/** `down.2.1/1674`: how a feature is written everywhere, from chips to file names. */
export const featureName = ({ block, id }: FeatureRef): string => `${block}/${String(id)}`;

/** @returns undefined when the text is not exactly what `featureName` writes */
export function parseFeatureName(text: string): FeatureRef | undefined {
  const match = /^([\w.]{1,100})\/(\d{1,9})$/.exec(text);
  return match?.[1] === undefined ? undefined : { block: match[1], id: Number(match[2]) };
}

export const isSameFeature = (one: FeatureRef, other: FeatureRef): boolean =>
  one.block === other.block && one.id === other.id;
