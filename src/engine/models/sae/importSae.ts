import { modelError } from '../../../protocol/errors.ts';
import { openTorchFile } from '../torchFile.ts';
import { readDictionaryLearning } from './formats/dictionaryLearning.ts';
import { blockQuestion, type FormatReader } from './formats/formatReader.ts';
import { readSaeLens } from './formats/saeLens.ts';
import { readSdxlUnbox } from './formats/sdxlUnbox.ts';
import { readSparsify } from './formats/sparsify.ts';
import { manifestName } from './saeManifest.ts';
import { readSae } from './saeStore.ts';
import { SourceFolder } from './sourceFolder.ts';
import type { OpenQuestion, SaeFormat, SaeImport } from './saeDefinition.ts';

/** What was found in a folder; `safetensors` is Featurescope's own form, whatever the SAE came from at first. */
export interface FoundSae extends SaeImport {
  readonly format: SaeFormat | 'safetensors';
}

const readers: Readonly<Record<SaeFormat, FormatReader>> = {
  'sdxl-unbox': readSdxlUnbox,
  saelens: readSaeLens,
  sparsify: readSparsify,
  'dictionary-learning': readDictionaryLearning,
};

/** The weight file by which each format is known. */
const weightFiles: Readonly<Record<string, SaeFormat>> = {
  'state_dict.pth': 'sdxl-unbox',
  'sae_weights.safetensors': 'saelens',
  'sae.safetensors': 'sparsify',
  'ae.pt': 'dictionary-learning',
};

/**
 * Which format a folder holds, by its files.
 *
 * @throws `model` when it is none or several of those that are read, with the names of what was found
 */
async function detectSaeFormat(folder: SourceFolder): Promise<SaeFormat> {
  const found = Object.entries(weightFiles).filter(([file]) => folder.has(file));
  const [first] = found;
  if (found.length === 1 && first !== undefined) {
    const [file, format] = first;
    if (format === 'sdxl-unbox' && !folder.has('config.json')) throw modelError(`${file} has no config.json beside it.`);
    return format;
  }
  if (found.length > 1) {
    throw modelError(`The folder holds several SAEs: ${found.map(([file]) => file).join(', ')}. Give each its own folder.`);
  }
  throw modelError(await describeOther(folder));
}

async function describeOther(folder: SourceFolder): Promise<string> {
  const read = 'Read are sdxl-unbox, SAELens, sparsify and dictionary_learning';
  if (folder.has('params.npz')) return `Gemma Scope's params.npz is not supported. ${read}.`;
  const torchFiles = [...folder.fileNames].filter((name) => /\.(pt|pth)$/.test(name));
  for (const name of torchFiles.slice(0, 4)) {
    const keys = await topKeys(folder.file(name));
    if (keys.has('latent_bias') && keys.has('pre_bias')) {
      return `${name} is an SAE of OpenAI's sparse_autoencoder, which is not supported. ${read}.`;
    }
    if (keys.has('cfg') || keys.has('state_dict')) {
      return `${name} is a checkpoint of a form that is not known. ${read}.`;
    }
  }
  const names = [...folder.fileNames].slice(0, 8).join(', ');
  return `No SAE was found among: ${names === '' ? 'no files' : names}. ${read}.`;
}

async function topKeys(path: string): Promise<Set<string | number>> {
  try {
    const file = await openTorchFile(path);
    await file.close();
    return file.root instanceof Map ? new Set(file.root.keys()) : new Set();
  } catch {
    return new Set();
  }
}

/**
 * Reads somebody's SAE folder into the one internal form, and lists what its files leave open. Nothing in the files is
 * run; no size, stride or offset is believed.
 *
 * @param path the folder, a file in it, or the folder above sdxl-unbox's `final`
 * @throws `model`, naming the kind or the configuration key, for what is not supported
 */
export async function importSae(path: string): Promise<FoundSae> {
  const folder = await SourceFolder.open(path);
  if (folder.has(manifestName)) return readOwn(folder);
  const format = await detectSaeFormat(folder);
  const { definition, questions, fileNames } = await readers[format](folder);
  const sourceFiles = await folder.hash(fileNames);
  return { format, definition: { ...definition, provenance: { ...definition.provenance, sourceFiles } }, questions };
}

/** Our own form, from another machine or a training: what it says of itself is kept, and its weights are verified. */
async function readOwn(folder: SourceFolder): Promise<FoundSae> {
  const { definition } = await readSae(folder.path, { verify: true });
  const questions: OpenQuestion[] = [];
  if (definition.target === 'unknown') {
    questions.push({ id: 'target', reason: `${manifestName} leaves it open.`, choices: ['update', 'output'] });
  }
  if (definition.blockPath === undefined) questions.push(blockQuestion(folder.blockPath(), manifestName));
  return { format: 'safetensors', definition, questions };
}
