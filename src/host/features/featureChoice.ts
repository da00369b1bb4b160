import type { FeatureRef } from '../../protocol/featurePanel.ts';

/** Where what a person chose outlives the window. */
export interface ChoiceStore {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const pinKey = 'pinnedFeatures';

const isSameFeature = (one: FeatureRef, other: FeatureRef): boolean =>
  one.block === other.block && one.id === other.id;

/** `down.2.1/1674` */
export const featureName = ({ block, id }: FeatureRef): string => `${block}/${String(id)}`;

/** The feature that tree and panels point at, and those that stay on top. */
export class FeatureChoice {
  readonly #store: ChoiceStore;
  readonly #listeners = new Set<() => void>();
  #selected: FeatureRef | null = null;
  #pinned: readonly FeatureRef[];

  constructor(store: ChoiceStore) {
    this.#store = store;
    const kept = store.get(pinKey);
    this.#pinned = Array.isArray(kept) ? kept.filter(isFeatureRef) : [];
  }

  get selected(): FeatureRef | null {
    return this.#selected;
  }

  get pinned(): readonly FeatureRef[] {
    return this.#pinned;
  }

  isPinned(feature: FeatureRef): boolean {
    return this.#pinned.some((one) => isSameFeature(one, feature));
  }

  select(feature: FeatureRef | null): void {
    this.#selected = feature;
    this.#tell();
  }

  async pin(feature: FeatureRef, isPinned: boolean): Promise<void> {
    const others = this.#pinned.filter((one) => !isSameFeature(one, feature));
    this.#pinned = isPinned ? [...others, { block: feature.block, id: feature.id }] : others;
    this.#tell();
    await this.#store.update(pinKey, this.#pinned);
  }

  onDidChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isFeatureRef(value: unknown): value is FeatureRef {
  const { block, id } = (value ?? {}) as Partial<FeatureRef>;
  return typeof block === 'string' && typeof id === 'number';
}
