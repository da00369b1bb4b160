import { fromRgb } from '../../numerics/image.ts';
import type { Picture } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import type { LpipsFigure } from '../../protocol/interventions.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import type { ModelFile } from '../models/modelFiles.ts';
import type { OrtSession } from '../ort/ort.ts';
import { floatsOf, toTensor } from './feeds.ts';
import type { ModelSessions } from './modelSessions.ts';
import { RunMeter } from './runMeter.ts';
import { SideNetwork } from './sideNetwork.ts';

/** Distance of pictures by an LPIPS network, where there is one. */
export class Lpips {
  readonly #network: SideNetwork;

  /** @param chosen as `findNetwork` */
  constructor(sessions: ModelSessions, modelDir: string, chosen: string) {
    this.#network = new SideNetwork(sessions, 'lpips', modelDir, chosen);
  }

  /** Of the network's file; undefined without one. @throws as `distance` */
  async sha256(): Promise<string | undefined> {
    return (await this.#network.find())?.sha256;
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
    const known = await this.#network.open(signal);
    if (!known) return undefined;
    const { file, sha256, session } = known;
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
