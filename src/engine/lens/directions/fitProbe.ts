/** Strength of the pull towards 0, on standardised samples. */
const ridge = 1e-3;
const iterations = 200;
/** Every fourth prompt judges the probe, the others make it. */
const heldOutEvery = 4;

export interface Probe {
  /** In the update's own scale: `⟨update, vector⟩ + bias` is the log-odds. */
  readonly vector: Float32Array; // [width]
  readonly bias: number;
  /** Share of the held-out prompts' cells on the right side, both sets counting alike; 0 ... 1. */
  readonly accuracy: number;
}

/**
 * Logistic regression of "this cell is of the first set" on a cell's update: gradient descent with momentum on
 * standardised samples, the two sets weighted alike.
 *
 * @param ones f32 `[samples, width]`, one entry a prompt; at least 4 prompts a set
 */
export function fitProbe(
  ones: readonly Float32Array[],
  others: readonly Float32Array[],
  width: number,
): Probe {
  const isHeldOut = (_: unknown, index: number): boolean => index % heldOutEvery === 0;
  const isFitted = (each: unknown, index: number): boolean => !isHeldOut(each, index);
  const { mean, std } = scaleOf([...ones.filter(isFitted), ...others.filter(isFitted)], width);
  const sets = [
    { label: 1, parts: ones.filter(isFitted) },
    { label: 0, parts: others.filter(isFitted) },
  ].map(({ label, parts }) => ({ label, samples: standardise(parts, width, mean, std) }));
  let weights = new Float64Array(width);
  let bias = 0;
  let [speed, biasSpeed] = [new Float64Array(width), 0];
  // The largest curvature of the mean logistic loss is a quarter of the samples' largest variance, at most width / 4.
  const rate = 4 / (width + 4);
  for (let step = 0; step < iterations; step++) {
    const gradient = weights.map((weight) => ridge * weight);
    let biasGradient = 0;
    for (const { label, samples } of sets) {
      const count = samples.length / width;
      for (let at = 0; at < samples.length; at += width) {
        let logit = bias;
        for (let i = 0; i < width; i++) logit += (weights[i] ?? 0) * (samples[at + i] ?? 0);
        const error = (1 / (1 + Math.exp(-logit)) - label) / (2 * count);
        biasGradient += error;
        for (let i = 0; i < width; i++) {
          gradient[i] = (gradient[i] ?? 0) + error * (samples[at + i] ?? 0);
        }
      }
    }
    speed = speed.map((value, i) => 0.9 * value - rate * (gradient[i] ?? 0));
    biasSpeed = 0.9 * biasSpeed - rate * biasGradient;
    weights = weights.map((value, i) => value + (speed[i] ?? 0));
    bias += biasSpeed;
  }
  const vector = Float32Array.from(weights, (weight, i) => weight / (std[i] ?? 1));
  const shift = weights.reduce(
    (sum, weight, i) => sum + (weight * (mean[i] ?? 0)) / (std[i] ?? 1),
    0,
  );
  const probe = { vector, bias: bias - shift };
  const right =
    shareAbove(ones.filter(isHeldOut), probe, width) +
    1 -
    shareAbove(others.filter(isHeldOut), probe, width);
  return { ...probe, accuracy: right / 2 };
}

function scaleOf(parts: readonly Float32Array[], width: number) {
  const [mean, squares] = [new Float64Array(width), new Float64Array(width)];
  const count = parts.reduce((sum, { length }) => sum + length / width, 0);
  for (const values of parts) {
    values.forEach((value, i) => (mean[i % width] = (mean[i % width] ?? 0) + value / count));
  }
  for (const values of parts) {
    values.forEach((value, i) => {
      const channel = i % width;
      squares[channel] = (squares[channel] ?? 0) + (value - (mean[channel] ?? 0)) ** 2 / count;
    });
  }
  // A channel that never varies tells nothing and must not be blown up.
  return { mean, std: squares.map((value) => (value > 0 ? Math.sqrt(value) : 1)) };
}

function standardise(
  parts: readonly Float32Array[],
  width: number,
  mean: Float64Array,
  std: Float64Array,
): Float32Array {
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of parts) {
    values.forEach((value, i) => {
      samples[at + i] = (value - (mean[i % width] ?? 0)) / (std[i % width] ?? 1);
    });
    at += values.length;
  }
  return samples;
}

function shareAbove(
  parts: readonly Float32Array[],
  { vector, bias }: Pick<Probe, 'vector' | 'bias'>,
  width: number,
): number {
  let [above, count] = [0, 0];
  for (const values of parts) {
    for (let at = 0; at < values.length; at += width) {
      let logit = bias;
      for (let i = 0; i < width; i++) logit += (vector[i] ?? 0) * (values[at + i] ?? 0);
      if (logit > 0) above++;
      count++;
    }
  }
  return above / count;
}
