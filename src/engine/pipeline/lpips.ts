import { fromRgb } from '../../numerics/image.ts';
import type { Picture } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import type { LpipsFigure } from '../../protocol/interventions.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import { findLpips, hashLpips } from '../models/lpipsFile.ts';
import type { ModelFile } from '../models/modelFiles.ts';
import type { OrtSession } from '../ort/ort.ts';
import { floatsOf, toTensor } from './feeds.ts';
import type { ModelSessions } from './modelSessions.ts';
import { RunMeter } from './runMeter.ts';

const part = 'lpips';

interface KnownFile {
  readonly file: ModelFile;
  readonly sha256: string;
}

/** Distance of pictures by an LPIPS network, where there is one; a file that is put there later is found at once. */
export class Lpips {
  readonly #sessions: ModelSessions;
  readonly #modelDir: string;
  readonly #chosen: string;
  #known: KnownFile | undefined;

  /** @param chosen as `findLpips` */
  constructor(sessions: ModelSessions, modelDir: string, chosen: string) {
    this.#sessions = sessions;
    this.#modelDir = modelDir;
    this.#chosen = chosen;
  }

  /** Of the network's file; undefined without one. @throws as `distance` */
  async sha256(): Promise<string | undefined> {
    return (await this.#find())?.sha256;
  }

  /**
   * `Σ_l mean_hw w_l · (ŷ_l - ŷ'_l)²` over the layers of a network, features of unit length in each cell.
   *
   * @returns undefined where no network is given
   * @throws `cancelled`; `model` for a graph that does not take two pictures `[1, 3, H, W]` and give one number
   * @source Zhang et al. 2018, eq. 1; PyPI `lpips` 0.1.4; checked against test/golden/lpips.safetensors
   */
  async distance(
    one: Picture,
    other: Picture,
    signal?: AbortSignal,
  ): Promise<LpipsFigure | undefined> {
    const known = await this.#find();
    if (!known) return undefined;
    const { file, sha256 } = known;
    const session = await this.#sessions.openAlone(part, file, signal);
    const [first, second, output] = portsOf(file, session, one);
    const fed = ({ rgb, height, width }: Picture, input: typeof first) =>
      toTensor(input, [1, 3, height, width], fromRgb(rgb));
    const feeds = { [first.name]: fed(one, first), [second.name]: fed(other, second) };
    const outputs = await new RunMeter(signal).run(session, feeds, { [output.name]: 'value' });
    const { values } = floatsOf(outputs, output.name);
    const [distance = NaN] = values;
    if (values.length === 1 && Number.isFinite(distance)) return { distance, sha256 };
    throw modelError(
      `${file.name} gave ${values.length === 1 ? String(distance) : `${String(values.length)} values`}; one number is wanted: the distance of two pictures.`,
    );
  }

  async #find(): Promise<KnownFile | undefined> {
    const file = await findLpips(this.#modelDir, this.#chosen);
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
    await this.#sessions.close(part);
    this.#known = { file, sha256: await hashLpips(file) };
    return this.#known;
  }
}

/** @throws `model` naming what the graph has instead */
function portsOf(
  { name }: ModelFile,
  { inputs, outputs }: OrtSession,
  { width, height }: Picture,
): readonly [ValueInfo, ValueInfo, ValueInfo] {
  const [first, second, ...others] = inputs;
  const [output, ...more] = outputs;
  const shape = [1, 3, height, width];
  const isFitting = ({ dims }: ValueInfo): boolean =>
    dims.length === 4 && dims.every((dim, i) => typeof dim === 'string' || dim === shape[i]);
  const isWhole = first && second && output && others.length === 0 && more.length === 0;
  if (isWhole && isFitting(first) && isFitting(second)) return [first, second, output];
  const has = inputs.map((input) => `${input.name} [${input.dims.join(', ')}]`).join(', ');
  throw modelError(
    `${name} does not take two pictures [${shape.join(', ')}] and give one distance: it takes ${has || 'nothing'}. Export it with free height and width.`,
  );
}
