import type { EffectiveLabel } from '../../../src/protocol/labels.ts';
import { significant } from '../../../src/numerics/significant.ts';

const sourceWords: Readonly<Record<EffectiveLabel['source'], string>> = {
  own: 'Your own label',
  imported: 'Imported label',
  shipped: 'Label that comes with the model',
  automatic: 'Automatic label',
};

/** Who says so, and how sure: for tooltips and cards. */
export function labelWords({
  source,
  provenance,
  confidence,
}: Pick<EffectiveLabel, 'source' | 'provenance' | 'confidence'>): string {
  const from = provenance === '' ? '' : `, from ${provenance}`;
  return `${sourceWords[source]}${from}${confidenceWords(source, confidence)}`;
}

/** What a confidence is depends on where the label comes from: no number without that. */
function confidenceWords(source: EffectiveLabel['source'], confidence: number | null): string {
  if (confidence === null) return source === 'own' ? ', not tested blindly yet' : '';
  const value = significant(confidence);
  switch (source) {
    case 'own':
      return `, balanced accuracy ${value} in its last blind test (0.5 = chance)`;
    case 'imported':
    case 'shipped':
      return `, confidence ${value} of 1 by its file`;
    case 'automatic':
      return `, balanced accuracy ${value} of its word (0.5 = chance)`;
  }
}
