/** Test files are bundled one by one, so what they share lives on the global object. */
const store = globalThis as { featurescopeFigures?: Record<string, number> };

export const figures = (): Record<string, number> => (store.featurescopeFigures ??= {});
