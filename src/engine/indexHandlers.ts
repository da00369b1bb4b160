import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { contrastSets } from '../protocol/contrast.ts';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import {
  buildIndex,
  compareSaes,
  type IndexProgress,
  listIndexes,
  type QualityReport,
  qualityReport,
  removeIndex as remove,
} from '../protocol/indexes.ts';
import {
  featureCard as card,
  featuresLikePicture,
  searchFeatures as search,
} from '../protocol/indexSearch.ts';
import { listPictureFits, type PictureFit } from '../protocol/pictureFit.ts';
import { contrastRequest } from './contrastRequest.ts';
import type { FeatureIndexes } from './featureIndexes.ts';
import { indexSaes, removeIndex } from './indexJobs.ts';
import { registerLabelHandlers } from './labelHandlers.ts';
import { formulas } from './lens/acceptanceFigures.ts';
import { ruleInWords } from './lens/describeBlocks.ts';
import { featureCard } from './lens/catalogue/featureCard.ts';
import { likePicture } from './lens/catalogue/likePicture.ts';
import { searchFeatures } from './lens/catalogue/searchFeatures.ts';
import { newestFit, sharedFit } from './lens/fidelity/findFits.ts';
import { matchFeatures } from './lens/indexing/matchFeatures.ts';
import { decodeReadings } from './lens/readingsFile.ts';
import type { Models } from './models.ts';
import { readSaeManifest } from './models/sae/saeStore.ts';
import type { InstalledSae } from './models/sae/installedSaes.ts';
import type { Ort } from './ort/ort.ts';
import { parseQuality } from './store/indexFacts.ts';
import { IndexReader } from './store/indexDatabase.ts';
import type { Store } from './store/store.ts';

export interface IndexServices {
  readonly ort: Ort;
  readonly store: Store;
  readonly models: Models;
  readonly indexes: FeatureIndexes;
  readonly storageDir: string;
  readonly threadCount: number;
}

/** Progress is sent at most ten times a second, and always when a phase begins or ends. */
const progressMs = 100;

const qualityFormulas = {
  ...formulas,
  l0: 'mean number of active features a sample',
  dead: 'active in no sample of the set',
  alwaysOn: 'active in more than nine of ten pictures of the set',
  density: 'active samples / all samples; a sample is one cell of one picture at one step',
  collinearity: 'largest cosine of a decoder row with another row of the same SAE',
} as const;

export function registerIndexHandlers(dispatcher: Dispatcher, services: IndexServices): void {
  const { ort, store, models, indexes, threadCount } = services;
  const storageDir = resolve(services.storageDir);
  const ports = { ort, indexes, storageDir, threadCount, hashes: () => models.hashMemory() };

  dispatcher.handle(listIndexes, async ({ modelDir }) =>
    (await indexes.list(modelDir)).map(({ summary }) => summary),
  );
  dispatcher.handle(buildIndex, async (params, { signal, progress }) => {
    const work = indexSaes(params, ports, signal);
    let sent: IndexProgress | undefined;
    let sentMs = 0;
    for (;;) {
      const step = await work.next();
      if (step.done) return step.value;
      const { phase, block, done, total } = step.value;
      const isNew = sent?.phase !== phase || sent.block !== block || done === total;
      if (!isNew && Date.now() - sentMs < progressMs) continue;
      sent = step.value;
      sentMs = Date.now();
      progress(step.value);
    }
  });
  dispatcher.handle(remove, async ({ path }) => {
    await removeIndex(path, ports);
    return null;
  });
  dispatcher.handle(qualityReport, async ({ modelDir, block }) => {
    const found = await indexes.list(modelDir);
    const saes = await indexes.saesOf(modelDir);
    const placeOf = (path: string): number => saes.findIndex(({ stagePath }) => stagePath === path);
    return found
      .filter((index, i) => found.findIndex((each) => each.stagePath === index.stagePath) === i)
      .filter(({ summary }) => block === undefined || summary.block === block)
      .sort((a, b) => placeOf(a.stagePath) - placeOf(b.stagePath))
      .map(({ summary, stagePath }): QualityReport => {
        const manifest = saes.find((sae) => sae.stagePath === stagePath)!.manifest;
        const reader = new IndexReader(summary.path);
        try {
          return {
            index: summary,
            rule: ruleInWords(manifest.activation, manifest.k),
            k: manifest.k ?? null,
            dModel: manifest.dModel,
            ...parseQuality(reader.meta),
            formulas: qualityFormulas,
          };
        } finally {
          reader.close();
        }
      });
  });
  dispatcher.handle(listPictureFits, async ({ modelDir }, { signal }) => {
    const fits: PictureFit[] = [];
    let hashes: Promise<Readonly<Record<string, string>>> | undefined;
    for (const { sae } of await models.listBlocks(modelDir)) {
      if (!sae) continue;
      const fit = await newestFit(storageDir, sae.sha256, async (given) => {
        hashes ??= models.identify(modelDir, signal).then((identity) => identity.hashes);
        return isDeepStrictEqual(given, await hashes);
      });
      if (fit) fits.push(fit);
    }
    return fits;
  });
  dispatcher.handle(compareSaes, async ({ leftDir, rightDir }, { signal, progress }) => {
    const [left, right] = [await saeIn(leftDir), await saeIn(rightDir)];
    const work = matchFeatures(ort, left, right, threadCount, signal);
    let sentMs = 0;
    for (;;) {
      const step = await work.next();
      if (step.done) {
        const [one, other] = [left, right].map(({ manifest }) => manifest.weights.sha256);
        const inPicture = await sharedFit(storageDir, one ?? '', other ?? '');
        return { ...step.value, inPicture };
      }
      if (Date.now() - sentMs < progressMs) continue;
      sentMs = Date.now();
      progress(step.value);
    }
  });

  dispatcher.handle(search, async (params) =>
    searchFeatures(await indexes.catalogue(params.modelDir, params.labelsPath), params),
  );
  dispatcher.handle(card, async ({ modelDir, labelsPath, feature }) =>
    featureCard(await indexes.catalogue(modelDir, labelsPath), feature),
  );
  dispatcher.handle(featuresLikePicture, async ({ modelDir, labelsPath, runId, limit }) => {
    const readings = await decodeReadings(store.runs.readingsPath(runId));
    return likePicture(await indexes.catalogue(modelDir, labelsPath), readings, limit);
  });
  dispatcher.handle(contrastSets, (params, context) =>
    contrastRequest(params, { ort, models, store, indexes, threadCount }, context),
  );
  registerLabelHandlers(dispatcher, { indexes, storageDir });
}

async function saeIn(folder: string): Promise<InstalledSae> {
  const manifest = await readSaeManifest(folder);
  return { stagePath: (manifest.blockPath ?? '').replace(/^unet\./, ''), folder, manifest };
}
