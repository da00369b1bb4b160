/** Exit codes of every command. */
export const exitCodes = { done: 0, failed: 1, badUsage: 2, cancelled: 130 } as const;
