/** A number for reading: `digits` significant ones, no trailing zeros, powers of ten only where needed. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'no value' : value > 0 ? '∞' : '-∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) return value.toExponential(digits - 1);
  // Digits before the point are never dropped: 12,345 stays, 12.345 becomes 12.3.
  const whole = Math.floor(Math.log10(size)) + 1;
  return value.toLocaleString('en', { maximumFractionDigits: Math.max(0, digits - whole) });
}

/** An SSIM for reading: near 1 the difference is in the last digits. */
export const similarity = (ssim: number): string => significant(ssim, 5);
