import { invalidInput } from '../../../protocol/errors.ts';
import { SeededDraws } from '../../../numerics/seededDraws.ts';

const componentMax = 31;
const iterationMax = 500;

/**
 * A principal component of samples, by power iteration with deflation on their covariance. Its sign makes the entry of
 * largest size positive.
 *
 * @param parts f32 `[samples, width]` each
 * @param component from 0
 * @returns unit vector `[width]`, its share of the variance, and the samples' mean
 * @throws `invalidInput` for a component that the samples do not have
 * @source Golub and Van Loan, Matrix Computations, 8.2; checked on samples of known covariance in its test
 */
export function principalComponent(
  parts: readonly Float32Array[],
  width: number,
  component: number,
): { vector: Float32Array; share: number; mean: Float32Array } {
  const count = parts.reduce((sum, { length }) => sum + length / width, 0);
  const last = Math.min(componentMax, width - 1, count - 2);
  if (!(Number.isInteger(component) && component >= 0 && component <= last)) {
    throw invalidInput(
      `There is no principal component ${String(component)}; these samples allow 0 to ${String(last)}.`,
    );
  }
  const { mean, vectors, shares } = principalComponents(parts, width, component + 1);
  return { vector: vectors[component]!, share: shares[component]!, mean };
}

/**
 * The largest principal components at once.
 *
 * @param count at least 1, below the number of samples and at most the width
 * @returns unit vectors f32 `[width]` by falling share of the variance, and the samples' mean f32 `[width]`
 * @throws `invalidInput` for samples that vary in fewer directions
 */
export function principalComponents(
  parts: readonly Float32Array[],
  width: number,
  count: number,
): { vectors: Float32Array[]; shares: number[]; mean: Float32Array } {
  const sampleCount = parts.reduce((sum, { length }) => sum + length / width, 0);
  const { mean, covariance, trace } = covarianceOf(parts, width, sampleCount);
  const draws = new SeededDraws(1);
  const found: Float64Array[] = [];
  const shares: number[] = [];
  for (let index = 0; index < count; index++) {
    let value = 0;
    let vector = Float64Array.from(draws.direction(width));
    for (let iteration = 0; iteration < iterationMax; iteration++) {
      const next = multiply(covariance, vector, width);
      for (const other of found) subtract(next, other, product(next, other));
      value = Math.sqrt(product(next, next));
      if (!(value > 1e-12 * trace)) {
        throw invalidInput(`The samples vary in only ${String(index)} directions.`);
      }
      const unit = next.map((entry) => entry / value);
      const change = 1 - Math.abs(product(unit, vector));
      vector = unit;
      if (change < 1e-13) break;
    }
    found.push(vector);
    shares.push(value / trace);
  }
  const vectors = found.map((vector) => {
    const largest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    return Float32Array.from(vector, (entry) => (largest < 0 ? -entry : entry));
  });
  return { vectors, shares, mean: Float32Array.from(mean) };
}

function covarianceOf(parts: readonly Float32Array[], width: number, count: number) {
  const mean = new Float64Array(width);
  for (const values of parts) {
    values.forEach((value, i) => (mean[i % width] = (mean[i % width] ?? 0) + value / count));
  }
  const covariance = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (const values of parts) {
    for (let at = 0; at < values.length; at += width) {
      for (let i = 0; i < width; i++) centred[i] = (values[at + i] ?? 0) - (mean[i] ?? 0);
      for (let i = 0; i < width; i++) {
        const left = (centred[i] ?? 0) / count;
        for (let j = i; j < width; j++) {
          covariance[i * width + j] = (covariance[i * width + j] ?? 0) + left * (centred[j] ?? 0);
        }
      }
    }
  }
  let trace = 0;
  for (let i = 0; i < width; i++) {
    trace += covariance[i * width + i] ?? 0;
    for (let j = 0; j < i; j++) covariance[i * width + j] = covariance[j * width + i] ?? 0;
  }
  return { mean, covariance, trace };
}

function multiply(matrix: Float64Array, vector: Float64Array, width: number): Float64Array {
  return vector.map((_, i) => product(matrix.subarray(i * width, (i + 1) * width), vector));
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function subtract(from: Float64Array, vector: Float64Array, weight: number): void {
  for (let i = 0; i < from.length; i++) from[i] = (from[i] ?? 0) - weight * (vector[i] ?? 0);
}
