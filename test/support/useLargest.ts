/**
 * Keeps the largest of each thing that a `describe` measures and prints them at its end: README's table has these.
 *
 * @returns notes a value under what it is, and answers it
 */
export function useLargest(): (what: string, value: number) => number {
  const largest = new Map<string, number>();
  after(() => {
    for (const [what, value] of largest)
      console.log(`      largest ${what}: ${value.toExponential(1)}`);
  });
  return (what, value) => {
    largest.set(what, Math.max(value, largest.get(what) ?? 0));
    return value;
  };
}
