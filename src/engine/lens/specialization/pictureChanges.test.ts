import assert from 'node:assert/strict';
import type { Picture } from '../../../protocol/engine.ts';
import { colourChange, frequencySplit, layoutChange, textureChange } from './pictureChanges.ts';
import { traitsOf } from './pictureTraits.ts';

const size = 64;

interface Scene {
  readonly left: number;
  readonly disc: readonly [number, number, number];
  readonly ground: readonly [number, number, number];
  /** Amplitude of fine stripes on the disc. */
  readonly stripes: number;
}

const plain: Scene = { left: 20, disc: [200, 60, 50], ground: [90, 140, 90], stripes: 20 };

/** A striped disc before a ground that gets lighter downwards. */
function draw(scene: Scene): Picture {
  const rgb = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const isDisc = (x - scene.left - 12) ** 2 + (y - 32) ** 2 < 144;
      const shade = isDisc ? ((x - scene.left) % 4 < 2 ? scene.stripes : -scene.stripes) : y / 4;
      const colour = isDisc ? scene.disc : scene.ground;
      for (let i = 0; i < 3; i++) {
        rgb[3 * (y * size + x) + i] = Math.max(0, Math.min(255, Math.round(colour[i]! + shade)));
      }
    }
  }
  return { width: size, height: size, rgb };
}

const map = (picture: Picture, change: (value: number) => number): Picture => ({
  ...picture,
  rgb: picture.rgb.map((value) => Math.max(0, Math.min(255, Math.round(change(value))))),
});

function blur(picture: Picture): Picture {
  const rgb = picture.rgb.slice();
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let i = 0; i < 3; i++) {
        let [sum, count] = [0, 0];
        for (let v = Math.max(0, y - 1); v <= Math.min(size - 1, y + 1); v++) {
          for (let u = Math.max(0, x - 1); u <= Math.min(size - 1, x + 1); u++) {
            sum += picture.rgb[3 * (v * size + u) + i]!;
            count++;
          }
        }
        rgb[3 * (y * size + x) + i] = Math.round(sum / count);
      }
    }
  }
  return { ...picture, rgb };
}

describe('changes of pictures', () => {
  const before = traitsOf(draw(plain));
  const planted = {
    nothing: draw(plain),
    moved: draw({ ...plain, left: 28 }),
    // The same luminance in another hue.
    recoloured: draw({ ...plain, disc: [60, 126, 85] }),
    blurred: blur(draw(plain)),
    brightened: map(draw(plain), (value) => value + 25),
    contrasted: map(draw(plain), (value) => 30 + 0.7 * value),
  };
  const measured = Object.fromEntries(
    Object.entries(planted).map(([name, picture]) => {
      const after = traitsOf(picture);
      return [
        name,
        {
          layout: layoutChange(before, after),
          colour: colourChange(before, after).deltaE ?? NaN,
          texture: textureChange(before, after),
        },
      ];
    }),
  ) as Record<keyof typeof planted, { layout: number; colour: number; texture: number }>;
  type Factor = 'layout' | 'colour' | 'texture';

  /** Names by a factor, the largest first. */
  const order = (factor: Factor) =>
    (Object.keys(planted) as (keyof typeof planted)[]).sort(
      (a, b) => measured[b][factor] - measured[a][factor],
    );

  it('an equal picture has none', () => {
    assert.deepEqual(measured.nothing, { layout: 0, colour: 0, texture: 0 });
    assert.equal(frequencySplit(before, before), null);
    assert.deepEqual(colourChange(before, before), { deltaE: 0, share: 1 });
  });

  it('layout ranks what moved first, and hardly sees the rest', () => {
    assert.equal(order('layout')[0], 'moved');
    // A disc of radius 12 moved by 8: |A ∩ B| / |A ∪ B| = 0.41.
    assert.ok(Math.abs(measured.moved.layout - 0.59) < 0.1, String(measured.moved.layout));
    for (const name of ['recoloured', 'blurred', 'brightened', 'contrasted'] as const) {
      assert.ok(measured[name].layout < 0.15, `${name}: ${measured[name].layout}`);
    }
  });

  it('colour ranks what was recoloured or brightened first, and does not see what moved', () => {
    for (const name of ['recoloured', 'brightened', 'contrasted'] as const) {
      assert.ok(measured[name].colour > 4 * measured.moved.colour, JSON.stringify(measured));
      assert.ok(measured[name].colour > 2 * measured.blurred.colour, JSON.stringify(measured));
    }
    // ΔE below what can be noticed.
    assert.ok(measured.moved.colour < 1, String(measured.moved.colour));
  });

  it('texture ranks what was blurred first, and does not see brightness, contrast and place', () => {
    assert.equal(order('texture')[0], 'blurred');
    for (const name of ['moved', 'brightened', 'contrasted'] as const) {
      assert.ok(measured.blurred.texture > 5 * measured[name].texture, JSON.stringify(measured));
    }
  });

  it('the frequency split sees how large what changed is', () => {
    const split = (name: keyof typeof planted) => frequencySplit(before, traitsOf(planted[name]));
    assert.ok((split('brightened')?.low ?? 0) > 0.99);
    const stripes = frequencySplit(before, traitsOf(draw({ ...plain, stripes: 40 })));
    // Stripes two pixels wide: the second halving and the outline of the disc.
    assert.ok((stripes?.high ?? 0) > 0.7, JSON.stringify(stripes));
    assert.ok((split('brightened')?.high ?? 1) < 0.01);
  });

  it('flat pictures have no foreground, no edges and no texture', () => {
    const flat = (value: number) =>
      traitsOf({ width: 16, height: 16, rgb: new Uint8Array(768).fill(value) });
    const [dark, light] = [flat(40), flat(200)];
    assert.ok(dark.foreground.every((cell) => cell === 0));
    assert.deepEqual([layoutChange(dark, light), textureChange(dark, light)], [0, 0]);
    const { deltaE, share } = colourChange(dark, light);
    assert.ok(deltaE !== null && deltaE > 40 && share === 1);
  });
});
