import type { CardDrawing, CardDrawingKind } from '../../protocol/cardPanel.ts';
import type { ModelDescription } from '../../protocol/engine.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { listBlocks } from '../../protocol/features.ts';
import { type BoardProgress, makeIcon, makeStrip } from '../../protocol/interventions.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { PictureBase } from '../../protocol/recipe.ts';
import type { Caller, HandlerContext } from '../../protocol/request.ts';

export interface DrawFeaturePorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string; describe(): Promise<ModelDescription> };
  readonly provider: () => ProviderWish;
  /** The picture that is looked at; undefined without one. */
  readonly currentForm: () => PictureBase | undefined;
}

const gammas = [0.5, 1, 1.5];
/** Both sides of 0, and beyond what is observed; at 0 nothing is added, where the curve has to touch the ground. */
const strengths = { mean: [-10, -5, 0, 5, 10, 20], max: [-1, -0.5, 0, 0.5, 1, 2] };

/** Icon or dose strip of a feature. @throws as `interventions/icon` and `interventions/strip` */
export async function drawFeature(
  { block, id }: FeatureRef,
  kind: CardDrawingKind,
  { engine, model, provider, currentForm }: DrawFeaturePorts,
  { signal, progress }: HandlerContext<{ readonly done: number; readonly total: number }>,
): Promise<CardDrawing> {
  const choice = { modelDir: model.dir, provider: provider() };
  const { defaults } = await model.describe();
  const plain: PictureBase = { prompt: '', negativePrompt: '', seed: 0, ...defaults };
  const base = kind === 'icon' ? plain : (currentForm() ?? plain);
  const blocks = await engine.request(listBlocks, { modelDir: model.dir });
  const hasMeans = blocks.find((one) => one.block === block)?.sae?.featureMean !== undefined;
  const unit = kind === 'icon' ? 'γ' : hasMeans ? 'mean' : 'max';
  const wanted = unit === 'γ' ? gammas : strengths[unit];
  const pictures: CardDrawing['pictures'][number][] = [];
  const onProgress = (value: BoardProgress): void => {
    if (value.phase !== 'made') return;
    const { variantIndex, picture, figures } = value.made;
    if (variantIndex !== null) {
      pictures.push({
        strength: wanted[variantIndex] ?? 0,
        distance: figures?.pixelDistance ?? 0,
        ...{ width: picture.width, height: picture.height },
        rgb: new Uint8Array(picture.rgb).buffer,
      });
    }
    progress({ done: pictures.length, total: wanted.length });
  };
  const params = { ...choice, base, block, source: { feature: id } };
  const options = { signal, onProgress };
  if (unit === 'γ') await engine.request(makeIcon, { ...params, gammas }, options);
  else {
    const strip = { ...params, strengths: wanted, unit, rows: 'both' } as const;
    await engine.request(makeStrip, strip, options);
  }
  return { kind, prompt: base.prompt, unit, pictures };
}
