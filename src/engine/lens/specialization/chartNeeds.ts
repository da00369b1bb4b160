import type { ChartId } from '../../../protocol/specialization.ts';

/** Charts made of features that are added at doses. */
export const editCharts: readonly ChartId[] = [2, 3, 9];
/** Charts of pictures whose grammar says what they state. */
export const sceneCharts: readonly ChartId[] = [4, 6];
/** Charts about features that chance has drawn. */
export const featureCharts: readonly ChartId[] = [...editCharts, 13];
/** Charts of pairs of prompts. */
export const pairCharts: readonly ChartId[] = [7, 8];
