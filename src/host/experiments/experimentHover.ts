import { MarkdownString, Uri } from 'vscode';
import { featureName } from '../../protocol/featureName.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import type { BlockDescription } from '../../protocol/features.ts';
import type { FeatureCard } from '../../protocol/indexSearch.ts';
import { densityText } from '../cards/featureItems.ts';
import { shortened } from '../words.ts';

const pictureWidth = 128;
const promptLength = 80;
const digits = 3;
const commandNames = ['featurescope.openFeatureCard', 'featurescope.openFeature'] as const;

/**
 * What a feature means: its label, the picture where it was strongest, its figures, and the way to its card.
 *
 * @param card null where the block has no index
 */
export function featureHover(feature: FeatureRef, card: FeatureCard | null): MarkdownString {
  const text = new MarkdownString(`**${featureName(feature)}** `);
  text.appendText(labelText(card));
  const best = card?.examples.find(({ interval }) => interval === 'top')?.pictures[0];
  if (best) {
    if (best.path !== null) {
      const address = Uri.file(best.path).toString();
      text.appendMarkdown(`\n\n![Its strongest picture](${address}|width=${String(pictureWidth)})`);
    }
    text.appendMarkdown('\n\n');
    text.appendText(shortened(best.prompt, promptLength));
  }
  if (card) {
    const { mean, max } = card.figures;
    const strengths = card.figures.isDead
      ? []
      : [`mean ${mean.toPrecision(digits)}`, `largest ${max.toPrecision(digits)}`];
    text.appendMarkdown('\n\n');
    text.appendText([densityText(card.figures), ...strengths].join(' · '));
  } else text.appendMarkdown('\n\nNo index of this block says what it means: *SAE: Index SAE…*');
  const arguments_ = encodeURIComponent(JSON.stringify([feature]));
  const [card_, map] = commandNames;
  text.appendMarkdown(
    `\n\n[Open Feature Card](command:${card_}?${arguments_}) · [Show Feature Map](command:${map}?${arguments_})`,
  );
  text.isTrusted = { enabledCommands: commandNames };
  return text;
}

function labelText(card: FeatureCard | null): string {
  const label = card?.label;
  if (!label) return 'no label yet';
  return label.source === 'automatic' ? `${label.text} (automatic)` : label.text;
}

/** The block's SAE in words. */
export function blockHover({ block, path, sae }: BlockDescription): MarkdownString {
  const text = new MarkdownString(`**${block}** `);
  text.appendText(`unet.${path.replace(/^unet\./, '')}`);
  text.appendMarkdown('\n\n');
  text.appendText(sae ? saeText(sae) : 'no SAE');
  return text;
}

export const saeText = ({ nFeatures, rule }: NonNullable<BlockDescription['sae']>): string =>
  `${String(nFeatures)} features, ${rule}`;
