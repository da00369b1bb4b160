import type { FigureId } from './state.ts';

/** A chart's upright axis. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  /** 0 at the bottom, 1 at the top; what lies beyond is drawn at the edge. NaN for what cannot be drawn. */
  readonly shareOf: (value: number) => number;
  readonly isLog: boolean;
}

/**
 * Loss: decades, as it falls by some. Shares: 0 to 1, so that two trainings look alike when they are; an EV below 0 lies on the
 * lower edge. L0: from 0.
 */
export function scaleOf(id: FigureId, values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite);
  const high = Math.max(...finite);
  if (id === 'explainedVariance' || id === 'deadShare') return linear(1);
  if (id === 'l0') return linear(high > 0 ? high : 1);
  const low = Math.min(...finite);
  if (low > 0 && high > low) return decades(low, high);
  return linear(high > 0 ? high : 1);
}

const inside = (share: number): number => Math.min(1, Math.max(0, share));

const linear = (high: number): Scale => ({
  ...{ low: 0, high, isLog: false },
  shareOf: (value) => inside(value / high),
});

const decades = (low: number, high: number): Scale => ({
  ...{ low, high, isLog: true },
  shareOf: (value) => inside(Math.log(value / low) / Math.log(high / low)),
});
