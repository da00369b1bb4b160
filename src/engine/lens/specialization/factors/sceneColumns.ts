import type { Column } from './columnScores.ts';
import type { SceneCodes, SparseMeans } from './sceneFile.ts';
import type { UntrainedScene } from './untrainedFile.ts';

/** One column a feature that was ever active. */
export function sparseColumns(
  scenes: readonly SceneCodes[],
  of: (scene: SceneCodes) => SparseMeans | undefined,
): readonly Column[] {
  const found = new Map<number, Float64Array>();
  for (const scene of scenes) {
    const { ids, values } = of(scene) ?? { ids: [], values: [] };
    ids.forEach((id, i) => {
      const column = found.get(id) ?? new Float64Array(scenes.length);
      column[scene.scene] = values[i] ?? 0;
      found.set(id, column);
    });
  }
  return [...found].map(([id, values]) => ({ id, values })).sort((a, b) => a.id - b.id);
}

export function denseColumns(
  scenes: readonly SceneCodes[],
  of: (scene: SceneCodes) => readonly number[],
): readonly Column[] {
  const width = scenes[0] ? of(scenes[0]).length : 0;
  return Array.from({ length: width }, (_, id) => {
    const values = new Float64Array(scenes.length);
    for (const scene of scenes) values[scene.scene] = of(scene)[id] ?? 0;
    return { id, values };
  });
}

/**
 * The channels of a block of the untrained U-net, without those that overflowed in a scene.
 *
 * @returns none where a scene is missing
 */
export function untrainedColumns(
  scenes: readonly UntrainedScene[],
  block: string,
  sceneCount: number,
): readonly Column[] {
  const byScene = new Map(scenes.map(({ scene, blocks }) => [scene, blocks[block] ?? []]));
  if (byScene.size < sceneCount) return [];
  const width = Math.max(0, ...[...byScene.values()].map(({ length }) => length));
  return Array.from({ length: width }, (_, id) => {
    const values = Float64Array.from(
      { length: sceneCount },
      (__, i) => byScene.get(i)?.[id] ?? NaN,
    );
    return { id, values };
  }).filter(({ values }) => values.every(Number.isFinite));
}
