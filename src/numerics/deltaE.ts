const { atan2, cos, exp, PI, sin, sqrt } = Math;
const degrees = PI / 180;
const twoPi = 2 * PI;
const p25 = 25 ** 7;

/**
 * Colour difference ΔE2000 of two L*a*b* colours with all weights 1: about 1 is just noticeable.
 *
 * @param one `[.., 3]`, its colour begins at `i`
 * @param other `[.., 3]`, likewise at `j`
 * @source Sharma, Wu & Dalal 2005; scikit-image 0.26 `deltaE_ciede2000`; checked against test/golden/colour.json,
 *   which holds the paper's 34 pairs
 */
export function deltaE2000(one: ArrayLike<number>, other: ArrayLike<number>, i = 0, j = i): number {
  const [l1, a1, b1] = [one[i]!, one[i + 1]!, one[i + 2]!];
  const [l2, a2, b2] = [other[j]!, other[j + 1]!, other[j + 2]!];
  const mean7 = ((hypot(a1, b1) + hypot(a2, b2)) / 2) ** 7;
  const stretch = 1 + 0.5 * (1 - sqrt(mean7 / (mean7 + p25)));
  const [c1, c2] = [hypot(a1 * stretch, b1), hypot(a2 * stretch, b2)];
  const [h1, h2] = [hue(a1 * stretch, b1), hue(a2 * stretch, b2)];
  const isGrey = c1 * c2 === 0;
  let turn = isGrey ? 0 : h2 - h1;
  if (turn > PI) turn -= twoPi;
  else if (turn < -PI) turn += twoPi;
  let meanHue = h1 + h2;
  if (!isGrey) {
    if (Math.abs(h1 - h2) > PI) meanHue += meanHue < twoPi ? twoPi : -twoPi;
    meanHue /= 2;
  }
  const chroma = (c1 + c2) / 2;
  const light = ((l1 + l2) / 2 - 50) ** 2;
  const t =
    1 -
    0.17 * cos(meanHue - 30 * degrees) +
    0.24 * cos(2 * meanHue) +
    0.32 * cos(3 * meanHue + 6 * degrees) -
    0.2 * cos(4 * meanHue - 63 * degrees);
  const dl = (l2 - l1) / (1 + (0.015 * light) / sqrt(20 + light));
  const dc = (c2 - c1) / (1 + 0.045 * chroma);
  const dh = (2 * sqrt(c1 * c2) * sin(turn / 2)) / (1 + 0.015 * chroma * t);
  const chroma7 = chroma ** 7;
  const angle = 60 * degrees * exp(-(((meanHue / degrees - 275) / 25) ** 2));
  const rotation = -2 * sqrt(chroma7 / (chroma7 + p25)) * sin(angle);
  return sqrt(Math.max(0, dl * dl + dc * dc + dh * dh + rotation * dc * dh));
}

/** Without the care of `Math.hypot` for numbers near the largest and smallest, which takes ten times as long. */
const hypot = (a: number, b: number): number => sqrt(a * a + b * b);

/** 0 ... 2π */
function hue(a: number, b: number): number {
  if (a === 0 && b === 0) return 0;
  const angle = atan2(b, a);
  return angle < 0 ? angle + twoPi : angle;
}
