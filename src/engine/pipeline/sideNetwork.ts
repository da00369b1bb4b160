import { findNetwork, hashNetwork, type NetworkKind } from '../models/networkFile.ts';
import type { ModelFile } from '../models/modelFiles.ts';
import type { OrtSession } from '../ort/ort.ts';
import type { ModelSessions } from './modelSessions.ts';

interface KnownNetwork {
  readonly file: ModelFile;
  readonly sha256: string;
}

/** A network beside the model that looks at its pictures, where there is one; a file that is put there later is found at once. */
export class SideNetwork {
  readonly #sessions: ModelSessions;
  readonly #kind: NetworkKind;
  readonly #modelDir: string;
  readonly #chosen: string;
  #known: KnownNetwork | undefined;

  /** @param chosen as `findNetwork` */
  constructor(sessions: ModelSessions, kind: NetworkKind, modelDir: string, chosen: string) {
    this.#sessions = sessions;
    this.#kind = kind;
    this.#modelDir = modelDir;
    this.#chosen = chosen;
  }

  /** File and hash; undefined without one. @throws as `findNetwork`, `hashNetwork` */
  async find(): Promise<KnownNetwork | undefined> {
    const file = await findNetwork(this.#kind, this.#modelDir, this.#chosen);
    const before = this.#known;
    if (!file) {
      this.#known = undefined;
      return undefined;
    }
    const isSame =
      before?.file.path === file.path &&
      before.file.sizeBytes === file.sizeBytes &&
      before.file.modifiedMs === file.modifiedMs;
    if (isSame) return before;
    await this.#sessions.close(this.#kind);
    this.#known = { file, sha256: await hashNetwork(file) };
    return this.#known;
  }

  /** The network, loaded; undefined without one. @throws as `find`; `cancelled`, `model` */
  async open(
    signal?: AbortSignal,
  ): Promise<(KnownNetwork & { readonly session: OrtSession }) | undefined> {
    const known = await this.find();
    if (!known) return undefined;
    return { ...known, session: await this.#sessions.openAlone(this.#kind, known.file, signal) };
  }
}
