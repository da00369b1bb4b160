import type { Dispatcher } from '../protocol/dispatcher.ts';
import { invalidInput } from '../protocol/errors.ts';
import type { FeatureRef } from '../protocol/featurePanel.ts';
import {
  changeList,
  importLabels,
  judgeBlindTest as judge,
  type LabelsFile,
  previewLabelImport,
  readLabels,
  removeImportedLabels,
  startBlindTest as start,
  writeLabels,
} from '../protocol/labels.ts';
import type { FeatureIndexes } from './featureIndexes.ts';
import { saeKeyOf } from './lens/catalogue/labelTable.ts';
import { judgeBlindTest, startBlindTest } from './lens/labels/blindTest.ts';
import { shortName } from './onnx/findStages.ts';
import { changeLabelFile, readLabelFile } from './store/labelFile.ts';
import {
  type LabelDocument,
  type LabelledFeature,
  setLabel,
  setListed,
} from './store/labelLines.ts';
import { readLabelSet } from './store/labelStore.ts';

/** A block with an SAE, as labels name it. */
interface LabelBlock {
  readonly block: string;
  readonly sha256: string;
  readonly nFeatures: number;
}

export function registerLabelHandlers(
  dispatcher: Dispatcher,
  { indexes, storageDir }: { readonly indexes: FeatureIndexes; readonly storageDir: string },
): void {
  const blocksOf = async (modelDir: string): Promise<readonly LabelBlock[]> =>
    (await indexes.saesOf(modelDir)).map(({ stagePath, manifest }) => ({
      block: shortName(stagePath),
      sha256: manifest.weights.sha256,
      nFeatures: manifest.nFeatures,
    }));

  dispatcher.handle(readLabels, async ({ modelDir, labelsPath }) =>
    shown(await readLabelFile(labelsPath), await blocksOf(modelDir)),
  );
  dispatcher.handle(writeLabels, async ({ modelDir, labelsPath, changes }) => {
    const blocks = await blocksOf(modelDir);
    const keyed = changes.map((change) => ({ ...change, key: keyOf(blocks, change.feature) }));
    const document = await changeLabelFile(labelsPath, storageDir, (before) =>
      keyed.reduce((now, { key, text, note }) => setLabel(now, key, text, note), before),
    );
    return shown(document, blocks);
  });
  dispatcher.handle(changeList, async ({ modelDir, labelsPath, name, features, isMember }) => {
    const blocks = await blocksOf(modelDir);
    const keys = features.map((feature) => keyOf(blocks, feature));
    const document = await changeLabelFile(labelsPath, storageDir, (before) =>
      keys.reduce((now, key) => setListed(now, name, key, isMember), before),
    );
    return shown(document, blocks);
  });

  dispatcher.handle(previewLabelImport, async ({ modelDir, labelsPath, block, path }) => {
    const { sha256, nFeatures } = blockNamed(await blocksOf(modelDir), block);
    const { labels, refused } = readLabelSet(path, nFeatures);
    const before = new Map(indexes.labelStore.imported(sha256).map(({ id, label }) => [id, label]));
    const own = new Map<number, string>();
    const { lines } = labelsPath === undefined ? { lines: [] } : await readLabelFile(labelsPath);
    for (const line of lines) {
      if (line.kind !== 'label' || line.text === '') continue;
      if (line.block === block && line.sae === saeKeyOf(sha256)) own.set(line.id, line.text);
    }
    const entries = labels.map((label) => ({
      ...label,
      replaces: before.get(label.id) ?? null,
      hiddenBy: own.get(label.id) ?? null,
    }));
    return {
      entries,
      totalCount: entries.length,
      replacedCount: entries.filter(({ replaces }) => replaces !== null).length,
      refused,
    };
  });
  dispatcher.handle(importLabels, async ({ modelDir, block, path }) => {
    const { sha256, nFeatures } = blockNamed(await blocksOf(modelDir), block);
    const { labels, source } = readLabelSet(path, nFeatures);
    indexes.labelStore.import(sha256, labels, source);
    await indexes.invalidateLabels();
    return { importedCount: labels.length };
  });
  dispatcher.handle(removeImportedLabels, async ({ modelDir, block }) => {
    const { sha256 } = blockNamed(await blocksOf(modelDir), block);
    const removedCount = indexes.labelStore.removeImported(sha256);
    await indexes.invalidateLabels();
    return { removedCount };
  });

  dispatcher.handle(start, async ({ modelDir, feature, seed }) =>
    startBlindTest(await indexes.catalogue(modelDir), feature, seed),
  );
  dispatcher.handle(judge, async ({ modelDir, feature, seed, labelText, guesses }) => {
    const catalogue = await indexes.catalogue(modelDir);
    const result = judgeBlindTest(catalogue, feature, seed, guesses);
    const { saeSha256 } = catalogue.place(feature).block.summary;
    const { balancedAccuracy: value, low, high } = result;
    if (labelText !== '') {
      indexes.labelStore.keepBlindTest(saeSha256, feature.id, labelText, { value, low, high });
      await indexes.invalidateLabels();
    }
    return result;
  });
}

/** @throws `invalidInput` naming the blocks that have an SAE */
function blockNamed(blocks: readonly LabelBlock[], name: string): LabelBlock {
  const found = blocks.find(({ block }) => block === name);
  if (found) return found;
  const known = blocks.map(({ block }) => block).join(', ') || 'none';
  throw invalidInput(`The block "${name}" has no SAE; blocks with one: ${known}.`);
}

function keyOf(blocks: readonly LabelBlock[], { block: name, id }: FeatureRef): LabelledFeature {
  const { block, sha256, nFeatures } = blockNamed(blocks, name);
  if (!Number.isSafeInteger(id) || id < 0 || id >= nFeatures) {
    throw invalidInput(`There is no feature ${name}/${id}: its SAE has 0 ... ${nFeatures - 1}.`);
  }
  return { block, id, sae: saeKeyOf(sha256) };
}

/** Labels and lists of the model's own SAEs; those of others stay in the file and are not shown. */
function shown({ lines }: LabelDocument, blocks: readonly LabelBlock[]): LabelsFile {
  const isOurs = ({ block, id, sae }: LabelledFeature): boolean =>
    blocks.some(
      (each) => each.block === block && saeKeyOf(each.sha256) === sae && id < each.nFeatures,
    );
  const labels: LabelsFile['labels'][number][] = [];
  const lists = new Map<string, FeatureRef[]>();
  const problems: LabelsFile['problems'][number][] = [];
  lines.forEach((line, i) => {
    if (line.kind === 'other') {
      if (line.reason !== undefined) problems.push({ line: i + 1, reason: line.reason });
    } else if (isOurs(line)) {
      const { block, id } = line;
      if (line.kind === 'label') labels.push({ block, id, text: line.text, note: line.note });
      else lists.set(line.name, [...(lists.get(line.name) ?? []), { block, id }]);
    }
  });
  return { labels, lists: [...lists].map(([name, features]) => ({ name, features })), problems };
}
