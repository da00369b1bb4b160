import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { invalidInput } from '../../../protocol/errors.ts';
import { columnName, columnPictures } from '../../../protocol/experimentColumns.ts';
import type { Experiment, ExperimentBoard, ResultsManifest } from '../../../protocol/experiment.ts';
import type { ModelIdentity, RunManifest } from '../../../protocol/manifest.ts';
import type { Provider } from '../../../protocol/provider.ts';
import type { Edit, EditRecipe, PictureBase } from '../../../protocol/recipe.ts';
import type { ObservedMaxima } from '../intervene/amounts.ts';
import { resolveExperiment } from './readExperiment.ts';

/** What an experiment would run on. */
export interface ExperimentGround {
  readonly model: ModelIdentity;
  /** SHA-256 of the SAE that is used, by block. */
  readonly saes: Readonly<Record<string, string>>;
  readonly provider: Provider;
  readonly versions: RunManifest['versions'];
  /** SHA-256 of the LPIPS network; undefined without one. */
  readonly lpips?: string | undefined;
  readonly observed?: ObservedMaxima | undefined;
}

/** One picture that is wanted. */
export interface PlannedCell {
  readonly column: number;
  /** null: the unedited one. */
  readonly variantIndex: number | null;
  readonly variant: string | null;
  /** Names of its files, without their endings. */
  readonly name: string;
  /** Of all that decides its bits: pictures of another experiment with the same key are the same. */
  readonly key: string;
}

export interface SettledExperiment {
  readonly experiment: Experiment;
  readonly board: ExperimentBoard;
  readonly bases: readonly PictureBase[];
  readonly columnNames: readonly string[];
  /** Nameless, since a name decides nothing; each tells the SAEs that it was made with. */
  readonly recipes: readonly EditRecipe[];
  readonly cells: readonly PlannedCell[];
  readonly manifest: ResultsManifest;
  /** Of the model as it is now; what an experiment names to be about exactly it. */
  readonly modelSha256: string;
  readonly dir: string;
}

export interface ExperimentPlace {
  /** Of the experiment's file, absolute. */
  readonly path: string;
  readonly outDir?: string | undefined;
}

/**
 * Says what an experiment's results are called and hold. The folder's name is the hash of what is asked for:
 * names, comments and the wanted metrics do not count, model and SAEs do as they are now.
 *
 * @throws `invalidInput` as `resolveExperiment`, and for a model or SAE that is not the named one
 */
export async function settleExperiment(
  experiment: Experiment,
  { path, outDir }: ExperimentPlace,
  ground: ExperimentGround,
): Promise<SettledExperiment> {
  const folder = dirname(path);
  checkGround(experiment, ground);
  const board = await resolveExperiment(experiment, folder);
  const bases = columnPictures(board.picture, board.columns);
  const { model, saes, provider, versions } = ground;
  const lpips = ground.lpips === undefined ? {} : { lpips: ground.lpips };
  const recipes = board.variants.map(({ recipe: { version, edits } }): EditRecipe => {
    const blocks = new Set(edits.map(({ block }) => block));
    const used = Object.entries(saes).filter(([block]) => blocks.has(block));
    return { version, ...(used.length > 0 && { saes: Object.fromEntries(used) }), edits };
  });
  const platform = `${process.platform}-${process.arch}`;
  const files = modelSha256(model);
  const hash = hashOf({
    version: experiment.version,
    ...{ model: { id: model.id, sha256: files }, saes, bases },
    variants: board.variants.map(({ id }, index) => ({ id, edits: recipes[index]?.edits })),
  });
  const cells = bases.flatMap((base, column) =>
    [null, ...recipes.keys()].map((variantIndex): PlannedCell => {
      const variant = variantIndex === null ? null : (board.variants[variantIndex]?.id ?? null);
      const edits = variantIndex === null ? null : recipes[variantIndex]?.edits;
      return {
        ...{ column, variantIndex, variant },
        name: `c${String(column + 1)}${variant === null ? '' : `-${variant}`}`,
        key: hashOf({
          ...{ files, saes, provider, ...lpips, versions, platform, base, edits },
          ...maximaOf(edits ?? [], ground),
        }),
      };
    }),
  );
  return {
    ...{ experiment, board, bases, recipes, cells },
    columnNames: bases.map((base) => columnName(board.columns, base)),
    manifest: {
      ...{ version: 1, hash, model, saes, provider, ...lpips, versions, platform },
      ...maximaOf(
        recipes.flatMap(({ edits }) => edits),
        ground,
      ),
    },
    modelSha256: files,
    dir: join(outDir ?? join(folder, '.sae', 'results'), hash),
  };
}

/** What amounts in units of the observed maximum are made of, where an index knows it. */
function maximaOf(
  edits: readonly Edit[],
  { saes, observed }: ExperimentGround,
): { readonly maxima?: string } {
  const used = edits.flatMap((edit) => {
    if (!('strength' in edit) || edit.strength.unit !== 'max') return [];
    return edit.sources.flatMap((source) => {
      if (!('feature' in source)) return [];
      const max = observed?.maxOf(saes[edit.block] ?? '', source.feature);
      return max === undefined ? [] : [[`${edit.block}/${String(source.feature)}`, max] as const];
    });
  });
  return used.length > 0 ? { maxima: hashOf(Object.fromEntries(used)) } : {};
}

/** One hash over names and hashes of all files of a model that decide a picture. */
const modelSha256 = ({ hashes }: ModelIdentity): string => hashOf(hashes);

function checkGround({ model, saes = {} }: Experiment, ground: ExperimentGround): void {
  if (model.id !== ground.model.id) {
    throw invalidInput(
      `The experiment is about the model "${model.id}"; chosen is "${ground.model.id}". Choose the model that it names.`,
    );
  }
  const sha256 = modelSha256(ground.model);
  if (model.sha256 !== undefined && model.sha256 !== sha256) {
    throw invalidInput(
      `The experiment names files of the model "${model.id}" with the hash ${short(model.sha256)}; those here have ${short(sha256)}. Take "model.sha256" out of the experiment to run it on these.`,
    );
  }
  for (const [block, named] of Object.entries(saes)) {
    const used = ground.saes[block];
    if (used === named) continue;
    throw invalidInput(
      `The experiment names the SAE ${short(named)} of ${block}; ${used === undefined ? 'there is none' : `in use is ${short(used)}`}. Choose the SAE that it names, or take "saes" out of the experiment.`,
    );
  }
}

const short = (sha256: string): string => `${sha256.slice(0, 12)}…`;

/** SHA-256 of plain data, whatever the order of its keys. */
function hashOf(value: unknown): string {
  const sorted = (_: string, each: unknown): unknown =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each;
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex');
}
