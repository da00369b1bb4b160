import type { TrainingView } from '../../src/protocol/training.ts';
import type { TrainingState } from '../../src/protocol/trainingPanel.ts';

export interface PanelState {
  readonly host: TrainingState | null;
  /** The point under the mouse; null: the last one. */
  readonly pointed: number | null;
  readonly trouble: string | null;
  readonly said: string;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: TrainingState }
  | { readonly kind: 'pointed'; readonly index: number | null }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot': {
      // The points may be others now, so that the same index would be another step.
      const isSame = event.host.training?.pointCount === state.host?.training?.pointCount;
      const pointed = isSame ? state.pointed : null;
      return { ...state, host: event.host, pointed, trouble: null };
    }
    case 'pointed':
      return { ...state, pointed: event.index };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

type Point = TrainingView['points'][number];
export type FigureId = 'loss' | 'explainedVariance' | 'l0' | 'deadShare';

/** One SAE's figure at a point; NaN where it has none. */
export function figureOf(training: TrainingView, sae: string, point: Point, id: FigureId): number {
  const figures = point.saes[sae];
  if (!figures) return NaN;
  if (id !== 'deadShare') return figures[id];
  const nFeatures = training.plan?.saes.find(({ name }) => name === sae)?.nFeatures ?? 0;
  return nFeatures > 0 ? figures.deadCount / nFeatures : NaN;
}

/** The point that the table of figures shows. */
export const shownPoint = (training: TrainingView, pointed: number | null): Point | undefined =>
  (pointed === null ? undefined : training.points[pointed]) ?? training.points.at(-1);

/** From this share on, what is lost is worth a sentence. */
const manyDead = 0.25;

/** SAEs of which many features are dead at the last point, and what share of them. */
export function mostlyDead(
  training: TrainingView,
): { readonly sae: string; readonly share: number }[] {
  const last = shownPoint(training, null);
  if (!last) return [];
  return (training.plan?.saes ?? [])
    .map(({ name }) => ({ sae: name, share: figureOf(training, name, last, 'deadShare') }))
    .filter(({ share }) => share >= manyDead);
}

/** The point nearest to a place across the charts. @param share 0 ... 1 of all steps */
export function pointAt({ points, plan }: TrainingView, share: number): number | null {
  const wanted = share * (plan?.stepCount ?? 0);
  let best: number | null = null;
  for (const [index, { step }] of points.entries()) {
    const known = best === null ? undefined : points[best];
    if (!known || Math.abs(step - wanted) < Math.abs(known.step - wanted)) best = index;
  }
  return best;
}

/** One line for each SAE and point; every number unrounded. */
export function csvOf(training: TrainingView): string {
  const lines = training.points.flatMap((point) =>
    Object.entries(point.saes).map(([sae, { loss, auxLoss, explainedVariance, l0, deadCount }]) =>
      [point.step, sae, loss, auxLoss, explainedVariance, l0, deadCount].join(','),
    ),
  );
  return `${['step,sae,loss,auxLoss,explainedVariance,l0,deadCount', ...lines].join('\n')}\n`;
}
