import type { Column } from './columnScores.ts';
import type { SceneCodes, SparseMeans } from './sceneFile.ts';

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
