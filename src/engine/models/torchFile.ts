import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { modelError } from '../../protocol/errors.ts';
import { isGlobal, pickleLimits, readPickle, type PickleValue } from './pickleReader.ts';
import { rebuildTensor, storageDtypes, TorchStorage, TorchTensor } from './torchFileTensor.ts';
import { listEntries, refuseCompressed, type ArchiveEntry } from './torchFileArchive.ts';
import { readExactly, type StoredTensor } from './sae/storedTensor.ts';

export type TorchValue = PickleValue<TorchStorage | TorchTensor>;

export interface TorchFile {
  /** What was saved: a tensor, or a dict of tensors, dicts and plain values. */
  readonly root: TorchValue;
  close(): Promise<void>;
}

const legacyMagic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const inertNames = new Set(['collections.OrderedDict', 'torch.Size', 'torch._utils._rebuild_parameter']);
const tensorName = 'torch._utils._rebuild_tensor_v2';

/**
 * Opens a `.pth` or `.pt` file of torch >= 1.6 and reads its description; nothing in it is ever run. Tensors are read
 * one by one when asked for, strides honoured. Close it.
 *
 * @throws `model`, naming what the file asked for, for any name besides tensors, storages and OrderedDict; for
 *   TorchScript and the format before torch 1.6; for sizes, offsets and strides that leave the storage
 * @source torch/serialization.py and torch/_utils.py of torch 2.15
 */
export async function openTorchFile(path: string): Promise<TorchFile> {
  const file = basename(path);
  const handle = await open(path, 'r');
  try {
    await refuseLegacy(handle, file);
    const entries = await listEntries(handle, file);
    const prefix = findPrefix(entries, file);
    refuseCompressed(entries, file);
    const order = entries.get(`${prefix}byteorder`);
    if (order !== undefined && (await readText(handle, order, file)) !== 'little') {
      throw modelError(`${file} is not read: it was saved on a big-endian machine.`);
    }
    const pickle = entries.get(`${prefix}data.pkl`);
    if (pickle === undefined || pickle.sizeBytes > pickleLimits.bytes) {
      throw modelError(`${file} is not read: its description is missing or too large.`);
    }
    const bytes = await readExactly(handle, pickle.start, pickle.sizeBytes, file);
    const storages = new Map<string, TorchStorage>();
    const root = readPickle<TorchStorage | TorchTensor>(bytes, file, {
      checkGlobal: (name) => {
        checkGlobal(name, file);
      },
      persistent: (id) => findStorage(id, prefix, entries, storages, file),
      call: (name, args) => call(name, args, file, handle),
    });
    return { root, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The tensors of a saved state dict by name; `wrapper` is the key under which some programs put it. Plain values beside
 * the tensors are left out.
 *
 * @throws `model` when there is no dict of tensors
 */
export function tensorsOf(root: TorchValue, file: string, wrapper?: string): Map<string, StoredTensor> {
  const inner = root instanceof Map && wrapper !== undefined ? (root.get(wrapper) ?? root) : root;
  if (!(inner instanceof Map)) throw modelError(`${file} holds no state dict.`);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of inner) {
    if (value instanceof TorchTensor) tensors.set(String(name), value.named(String(name)));
  }
  if (tensors.size === 0) throw modelError(`${file} holds no tensors.`);
  return tensors;
}

/** The one tensor that a file holds. Throws `model` when it holds something else. */
export function tensorOf(root: TorchValue, file: string): StoredTensor {
  if (!(root instanceof TorchTensor)) throw modelError(`${file} does not hold one tensor.`);
  return root;
}

async function refuseLegacy(handle: FileHandle, file: string): Promise<void> {
  const { size } = await handle.stat();
  if (size < legacyMagic.length) throw modelError(`${file} is not read: it has ${String(size)} bytes.`);
  const start = await readExactly(handle, 0, legacyMagic.length, file);
  if (legacyMagic.every((byte, i) => start[i] === byte)) {
    throw modelError(
      `${file} is in the format before torch 1.6, which is not read. Load it in Python and save it with torch.save of a newer version.`,
    );
  }
}

function findPrefix(entries: ReadonlyMap<string, ArchiveEntry>, file: string): string {
  const names = [...entries.keys()];
  const found = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const nested = names.find((name) => /\.(pth?|zip|ckpt|bin)$/.test(name));
  if (found.length !== 1) {
    const why =
      nested === undefined
        ? 'it is a ZIP archive but not one of torch.save'
        : `it is an archive around "${nested.slice(0, 80)}"; unpack it first`;
    throw modelError(`${file} is not read: ${why}.`);
  }
  const prefix = (found[0] ?? '').slice(0, -'data.pkl'.length);
  if (names.some((name) => name.startsWith(`${prefix}code/`) || name === `${prefix}constants.pkl`)) {
    throw modelError(`${file} is a TorchScript program, which is not read; save its state_dict.`);
  }
  return prefix;
}

const readText = async (handle: FileHandle, entry: ArchiveEntry, file: string): Promise<string> =>
  new TextDecoder().decode(await readExactly(handle, entry.start, Math.min(entry.sizeBytes, 16), file));

function checkGlobal(name: string, file: string): void {
  if (name === tensorName || inertNames.has(name) || storageDtypes.has(name)) return;
  throw modelError(
    `${file} asks Python for "${name.slice(0, 120)}". Featurescope reads tensors only and runs nothing that a file asks for.`,
  );
}

function findStorage(
  id: TorchValue,
  prefix: string,
  entries: ReadonlyMap<string, ArchiveEntry>,
  known: Map<string, TorchStorage>,
  file: string,
): TorchStorage {
  if (!Array.isArray(id)) throw modelError(`${file} is not read: a storage is malformed.`);
  const [kind, type, key, , elements] = id;
  const dtype = isGlobal(type) ? storageDtypes.get(type.name) : undefined;
  if (kind !== 'storage' || typeof key !== 'string' || typeof elements !== 'number' || dtype === undefined) {
    throw modelError(`${file} is not read: a storage is malformed.`);
  }
  const entry = /^\d{1,9}$/.test(key) ? entries.get(`${prefix}data/${key}`) : undefined;
  if (entry === undefined) throw modelError(`${file} is not read: storage "${key.slice(0, 20)}" is missing.`);
  const storage = known.get(key) ?? new TorchStorage(dtype, entry.start, elements);
  known.set(key, storage);
  storage.check(dtype, elements, entry.sizeBytes, `${file}: storage "${key}"`);
  return storage;
}

function call(name: string, args: readonly TorchValue[], file: string, handle: FileHandle): TorchValue {
  if (name === tensorName) return rebuildTensor(args, file, handle);
  if (name === 'collections.OrderedDict' && args.length === 0) return new Map();
  const [first] = args;
  if (name === 'torch.Size' && args.length === 1 && Array.isArray(first)) return first;
  if (name.endsWith('_rebuild_parameter') && first instanceof TorchTensor) return first;
  throw modelError(`${file} is not read: it calls ${name} with other arguments than torch.save does.`);
}
