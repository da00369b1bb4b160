import type { paperBlocks } from '../protocol/paperBlocks.ts';

/**
 * The colours of the paper's four blocks: never the only mark of a block, its name stands beside. They keep a distance of
 * 12 (Oklab x 100) from each other for normal, protan, deutan and tritan sight, and a contrast of 3 to white and to
 * #1f1f1f (webview/shared/blocks.test.ts); the customary Okabe-Ito four come to 7.6 and fail on white.
 */
export const blockColours: Readonly<Record<(typeof paperBlocks)[number]['name'], `#${string}`>> = {
  'down.2.1': '#3f8fe4',
  'mid.0': '#bd8728',
  'up.0.0': '#227755',
  'up.0.1': '#e43fa2',
};
