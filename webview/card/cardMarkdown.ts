import type { CardContent } from '../../src/protocol/cardPanel.ts';
import { featureName } from '../../src/protocol/featureName.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import type { EffectiveLabel } from '../../src/protocol/labels.ts';
import { labelWords } from '../shared/featureChip/labelWords.ts';
import { significant } from '../../src/numerics/significant.ts';
import { intervalTitle } from './intervalTitle.ts';

/** Text from prompts, labels and imported files: nothing in it is markup. */
const plain = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*_{}[\]<>()#+\-.!|~&]/g, '\\$&');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

type Related = FeatureRef & { readonly label: EffectiveLabel | null };
const nameOf = (one: Related): string =>
  `${featureName(one)}${one.label ? ` ${plain(one.label.text)}` : ''}`;

/** The card as Markdown: every figure with what it is of; pictures as prompt and seed, which make them again. */
export function cardMarkdown(card: CardContent): string {
  const { figures, label, labels } = card;
  const own = labels.find(({ source }) => source === 'own');
  const parts = [
    `# ${featureName(card)}${label ? `: ${plain(label.text)}` : ''}`,
    labels.map((one) => `- ${plain(one.text)} (${plain(labelWords(one))})`).join('\n'),
    own?.note ? plain(own.note) : '',
    figures.isDead ? 'Dead: active in no sample of the index.' : '',
    table(
      ['figure', 'value', 'of'],
      [
        ['density', `${significant(100 * figures.density)} %`, `${significant(card.sampleCount, 9)} samples (cells of pictures at steps)`], // prettier-ignore
        ['pictures', `${significant(100 * figures.pictureShare)} %`, `${significant(card.pictureCount, 9)} pictures`], // prettier-ignore
        ['mean', significant(figures.mean), 'activation, over active samples'],
        ['standard deviation', significant(figures.std), 'activation, over active samples'],
        ['largest', significant(figures.max), 'activation'],
        ['locality', significant(figures.locality), '1 = one spot, 0 = everywhere'],
      ],
    ),
    section(
      'Words of prompts',
      card.words.map((one) => [
        plain(one.word),
        `${card.areWordsExact ? '' : '≤ '}${String(one.pictureCount)} of ${String(one.wordPictureCount)}`,
        significant(one.tfIdf),
        significant(one.balancedAccuracy, 2),
      ]),
      ['word', 'active in pictures', 'TF-IDF', 'balanced accuracy'],
    ),
    section(
      'Neighbours',
      [...card.neighbours, ...card.neighboursElsewhere].map((one) => [
        nameOf(one),
        significant(one.cosine),
      ]),
      ['feature', 'decoder cosine'],
    ),
    section(
      'Active together',
      card.coActive.map((one) => [
        nameOf(one),
        significant(one.pmi),
        significant(one.sampleCount, 9),
      ]),
      ['feature', 'PMI in bits', 'samples'],
    ),
    section(
      'Pictures',
      card.examples.flatMap(({ interval, pictures }) =>
        pictures.map((one) => [
          intervalTitle(interval),
          significant(one.peak),
          String(one.stepIndex + 1),
          plain(one.prompt),
          String(one.seed),
        ]),
      ),
      ['interval', 'peak', 'step', 'prompt', 'seed'],
    ),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

const section = (
  title: string,
  rows: readonly (readonly string[])[],
  head: readonly string[],
): string => (rows.length > 0 ? `## ${title}\n\n${table(head, rows)}` : '');
