import type { FeatureRef } from '../../../src/protocol/featurePanel.ts';
import { featureName, parseFeatureName } from '../../../src/protocol/featureName.ts';

/**
 * The type of a dragged feature in a `DataTransfer`; its data is JSON `{version: 1, features: [{block, id}, ...]}`.
 * `text/plain` has the same features as `down.2.1/1674`, one a line, for lists, text editors and other windows.
 */
export const featureDragType = 'application/vnd.featurescope.features+json';

const featuresMax = 1000;

export function writeFeatureDrag(transfer: DataTransfer, features: readonly FeatureRef[]): void {
  const plain = features.map(({ block, id }) => ({ block, id }));
  transfer.setData(featureDragType, JSON.stringify({ version: 1, features: plain }));
  transfer.setData('text/plain', plain.map(featureName).join('\n'));
  transfer.effectAllowed = 'copyLink';
}

/** True while features are dragged over a place that may take them; their names can be read only on the drop. */
export const hasFeatureDrag = ({ types }: Pick<DataTransfer, 'types'>): boolean =>
  types.includes(featureDragType) || types.includes('text/plain');

/** What was dropped, from our own type or from text; empty when it was something else. */
export function readFeatureDrag(transfer: Pick<DataTransfer, 'getData'>): FeatureRef[] {
  const own = fromJson(transfer.getData(featureDragType));
  if (own.length > 0) return own;
  const names = transfer.getData('text/plain').trim().split(/\s+/, featuresMax);
  const features = names.map(parseFeatureName);
  return features.every((one) => one !== undefined) ? features : [];
}

/** What a place does that takes features: hands on those that are dropped there. */
export const featureDrop = (
  take: (features: readonly FeatureRef[]) => void,
): { readonly over: (event: DragEvent) => void; readonly drop: (event: DragEvent) => void } => ({
  over: (event) => {
    if (event.dataTransfer && hasFeatureDrag(event.dataTransfer)) event.preventDefault();
  },
  drop: (event) => {
    const features = event.dataTransfer ? readFeatureDrag(event.dataTransfer) : [];
    if (features.length === 0) return;
    event.preventDefault();
    take(features);
  },
});

function fromJson(text: string): FeatureRef[] {
  if (text === '') return [];
  try {
    const { version, features } = JSON.parse(text) as { version?: unknown; features?: unknown };
    if (version !== 1 || !Array.isArray(features)) return [];
    return features.slice(0, featuresMax).flatMap((one: unknown) => {
      const { block, id } = (one ?? {}) as Partial<FeatureRef>;
      const feature = parseFeatureName(`${String(block)}/${String(id)}`);
      return feature ? [feature] : [];
    });
  } catch {
    return [];
  }
}
