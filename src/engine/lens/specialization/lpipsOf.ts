import type { Picture } from '../../../protocol/engine.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { otherNetwork } from './looks/lookAt.ts';
import type { ReportManifest } from './reportManifest.ts';

/**
 * By the network that the report was begun with; undefined without one.
 *
 * @throws `invalidInput` when it is another one by now, or gone
 */
export async function lpipsOf(
  one: Picture,
  other: Picture,
  { settled }: ReportManifest,
  { lpips }: Pipeline,
  { signal }: { readonly signal: AbortSignal },
): Promise<number | undefined> {
  if (settled.lpips === undefined) return undefined;
  const figure = await lpips.distance(one, other, signal);
  if (figure?.sha256 === settled.lpips) return figure.distance;
  throw otherNetwork('LPIPS network');
}
