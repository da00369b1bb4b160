import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { invalidInput } from '../../../protocol/errors.ts';
import type {
  ExperimentProgress,
  ExperimentResults,
  ResultsManifest,
  RunExperimentParams,
  RunExperimentResult,
} from '../../../protocol/experiment.ts';
import type { BoardPicture } from '../../../protocol/interventions.ts';
import type { RunManifest } from '../../../protocol/manifest.ts';
import { appendDurably, syncFolder, writeDurably } from '../../store/durableFile.ts';
import { fileError } from '../../store/fileError.ts';
import { takeStorageLock } from '../../store/fileLock.ts';
import { encodePng } from '../../store/picturePng.ts';
import { type BoardPorts, makeBoard } from '../intervene/board.ts';
import { encodeReadings } from '../readingsFile.ts';
import { figuresCsv } from './figuresCsv.ts';
import {
  figuresName,
  type KeptRow,
  manifestName,
  readCell,
  readManifest,
  readRows,
  rowLine,
  rowsName,
  rowsOf,
  sha256Of,
} from './resultFiles.ts';
import type { PlannedCell, SettledExperiment } from './settleExperiment.ts';

export interface ExperimentPorts extends Pick<BoardPorts, 'turn' | 'signal' | 'observed'> {
  readonly progress: (progress: ExperimentProgress) => void;
  readonly storageDir: string;
}

/** What is made and not complete yet; it becomes the results by one rename. */
const partOf = (dir: string): string => `${dir}.part`;

/** What of an experiment is there, complete or begun. */
export async function resultsOf(settled: SettledExperiment): Promise<ExperimentResults> {
  const { dir, cells, columnNames, manifest } = settled;
  const kept = await readManifest(dir);
  const isComplete = kept?.hash === manifest.hash;
  const place = isComplete ? dir : partOf(dir);
  const found = await readRows(place);
  // What was begun with another provider or version is made again.
  const keys = new Set(cells.map(({ key }) => key));
  const own = isComplete ? found : found.filter(({ key }) => keys.has(key));
  const rows = rowsOf(settled, own).flatMap((row) => row ?? []);
  return {
    hash: manifest.hash,
    modelSha256: settled.modelSha256,
    dir: place,
    isComplete: isComplete && rows.length === cells.length,
    pictureCount: cells.length,
    columnNames,
    rows,
    manifest: isComplete ? kept : null,
  };
}

/**
 * Makes what is missing of an experiment. Pictures whose key another results' folder beside it has are taken from there.
 *
 * @throws `invalidInput` when another window or command line runs it, when the results were made by another provider or
 *   version, and as `makeBoard`; `cancelled`, after which the next call goes on
 */
export async function runExperiment(
  settled: SettledExperiment,
  { isFresh = false, only }: Pick<RunExperimentParams, 'isFresh' | 'only'>,
  ports: ExperimentPorts,
): Promise<RunExperimentResult> {
  const { dir, cells, manifest } = settled;
  const wanted = wantedCells(cells, only);
  await makeFolder(dirname(dir));
  const lock = takeStorageLock(ports.storageDir, dir);
  if (!lock) {
    throw invalidInput('This experiment is being run by another window or command line.');
  }
  try {
    const before = await resultsOf(settled);
    if (before.isComplete && !isFresh) {
      refuseOthers(before.manifest, manifest);
      return { ...before, madeCount: 0 };
    }
    const part = partOf(dir);
    if (isFresh) await rm(part, { recursive: true, force: true });
    await makeFolder(part);
    const rows = new Map<string, KeptRow>();
    await takeOver(settled, part, rows, isFresh);
    const takenCount = rows.size;
    await makeMissing(settled, wanted, part, rows, ports);
    const madeCount = rows.size - takenCount;
    if (cells.every(({ name }) => rows.has(name))) await complete(settled, part, rows);
    return { ...(await resultsOf(settled)), madeCount };
  } finally {
    lock.release();
  }
}

function wantedCells(
  cells: readonly PlannedCell[],
  only: RunExperimentParams['only'],
): readonly PlannedCell[] {
  if (!only) return cells;
  const { column, variant } = only;
  const one = cells.filter(
    (cell) => cell.column === column && (cell.variant === variant || cell.variant === null),
  );
  if (one.some((cell) => cell.variant === variant)) return one;
  throw invalidInput(`The experiment has no variant "${variant}" in column ${String(column + 1)}.`);
}

function refuseOthers(kept: ResultsManifest | null, now: ResultsManifest): void {
  const changes = changesBetween(kept, now);
  if (changes.length === 0) return;
  throw invalidInput(
    `The results were made with another setting (${changes.join('; ')}). Replay compares with them; running afresh (--fresh) replaces them.`,
  );
}

/** What made results, against what would make them now: "provider cpu, now cuda". */
export function changesBetween(kept: ResultsManifest | null, now: ResultsManifest): string[] {
  const facts = (manifest: ResultsManifest): Record<string, string> => ({
    provider: manifest.provider,
    Featurescope: manifest.versions.featurescope,
    'ONNX Runtime': manifest.versions.onnxruntime,
    platform: manifest.platform,
    LPIPS: manifest.lpips?.slice(0, 12) ?? 'none',
    'observed maxima': manifest.maxima?.slice(0, 12) ?? 'none',
  });
  if (!kept) return ['there is no manifest'];
  const [before, after] = [facts(kept), facts(now)];
  return Object.keys(before).flatMap((name) =>
    before[name] === after[name] ? [] : [`${name} ${before[name] ?? ''}, now ${after[name] ?? ''}`],
  );
}

/** Pictures that are there: of this experiment's own folder first, then of others with the same key. */
async function takeOver(
  { cells, dir }: SettledExperiment,
  part: string,
  rows: Map<string, KeptRow>,
  isFresh: boolean,
): Promise<void> {
  const beside = isFresh ? [] : await readdir(dirname(dir)).catch(() => []);
  const places = [part, ...beside.map((name) => join(dirname(dir), name))];
  for (const place of new Set(places)) {
    if (cells.every(({ name }) => rows.has(name))) break;
    const known = new Map((await readRows(place)).map((row) => [row.key, row]));
    for (const { key, name, column, variant } of cells) {
      const row = known.get(key);
      if (!row || rows.has(name)) continue;
      // What was changed or lost on disk is made again.
      const files = await readCell(place, row).catch(() => undefined);
      if (!files) continue;
      const maps = files.maps && `${name}.safetensors`;
      const own: KeptRow = { ...row, column, variant, picture: `${name}.png`, maps };
      if (place !== part || own.picture !== row.picture) {
        if (files.maps && maps) await writeDurably(join(part, maps), files.maps);
        await writeDurably(join(part, own.picture), files.png);
        await appendDurably(join(part, rowsName), rowLine(own));
      }
      rows.set(name, own);
    }
  }
}

async function makeMissing(
  { cells, bases, recipes }: SettledExperiment,
  wanted: readonly PlannedCell[],
  part: string,
  rows: Map<string, KeptRow>,
  ports: ExperimentPorts,
): Promise<void> {
  const missing = wanted.filter(({ name }) => !rows.has(name));
  if (missing.length === 0) return;
  const cellOf = (baseIndex: number, variantIndex: number | null): PlannedCell | undefined =>
    cells.find((cell) => cell.column === baseIndex && cell.variantIndex === variantIndex);
  await makeBoard(
    { bases, variants: recipes, withReadings: true, keep: true },
    {
      turn: (work) => ports.turn(work),
      signal: ports.signal,
      observed: ports.observed,
      isMade: (baseIndex, variantIndex) => {
        const cell = cellOf(baseIndex, variantIndex);
        return !missing.some((one) => one === cell);
      },
      progress: (value) => {
        if (value.phase !== 'made') ports.progress(value);
      },
      keep: async (made) => {
        const cell = cellOf(made.baseIndex, made.variantIndex);
        if (!cell) return {};
        const row = await writeCell(part, cell, made);
        rows.set(cell.name, row);
        const { picture, manifest } = made;
        ports.progress({ phase: 'made', row, picture, manifest });
        return {};
      },
    },
  );
}

/** When and how quickly it was made is left out: the bytes are the same wherever an experiment is run. */
const timeless = (manifest: RunManifest): RunManifest => ({
  ...manifest,
  createdAt: '',
  timingsMs: {},
});

async function writeCell(
  part: string,
  { name, column, variant, key }: PlannedCell,
  { picture, manifest, readings = [], figures, amounts }: BoardPicture,
): Promise<KeptRow> {
  const codes = encodeReadings(readings);
  const maps = codes.length > 0 ? `${name}.safetensors` : null;
  const row: KeptRow = {
    ...{ key, column, variant },
    ...{ picture: `${name}.png`, pixelsSha256: sha256Of(picture.rgb) },
    ...{ maps, mapsSha256: maps && sha256Of(codes) },
    ...{ figures, amounts },
  };
  if (maps) await writeDurably(join(part, maps), codes);
  await writeDurably(join(part, row.picture), encodePng(picture, timeless(manifest)));
  await syncFolder(part);
  await appendDurably(join(part, rowsName), rowLine(row));
  return row;
}

async function complete(
  settled: SettledExperiment,
  part: string,
  made: ReadonlyMap<string, KeptRow>,
): Promise<void> {
  const { cells, manifest, dir } = settled;
  const rows = cells.flatMap(({ name }) => made.get(name) ?? []);
  await writeDurably(join(part, rowsName), rows.map(rowLine).join(''));
  await writeDurably(join(part, figuresName), figuresCsv(settled, rows));
  await writeDurably(join(part, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  const names = new Set([
    ...[rowsName, figuresName, manifestName],
    ...rows.flatMap(({ picture, maps }) => [picture, maps]),
  ]);
  try {
    for (const name of await readdir(part)) {
      if (!names.has(name)) await rm(join(part, name), { recursive: true, force: true });
    }
    const old = `${dir}.old`;
    await rm(old, { recursive: true, force: true });
    await rename(dir, old).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
    await rename(part, dir);
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    throw fileError(error, 'Cannot write the results to', dir);
  }
  await syncFolder(dirname(dir));
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw fileError(error, 'Cannot create the folder', dir);
  }
}
