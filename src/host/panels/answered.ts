/** Ends a panel's request that has no result, once what it asked for has ended. */
export async function answered(work: unknown): Promise<null> {
  await work;
  return null;
}
