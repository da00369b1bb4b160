/** Largest amounts that a recipe may hold (`recipeSchema.ts`, which brings a library along that a panel does not need). */
const limits = { strength: 10_000, factor: 1000 } as const;

export const recipeLimitsOf = (unit: string): number =>
  unit === 'factor' ? limits.factor : limits.strength;
