/**
 * Renders the emoji named in icons.json as 128 px PNG files with transparency.
 *
 * usage: node sprites.mjs <output folder>
 *
 * `<name>.<k>.png` is the k-th drawing of a noun or accessory. The packages are looked up from the
 * current directory, so that they may be installed outside the repository (see package.json).
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const SIZE_PX = 128;
const outputDir = process.argv[2];
if (!outputDir) throw new Error('usage: node sprites.mjs <output folder>');

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Resvg } = require('@resvg/resvg-js');
const icons = JSON.parse(fs.readFileSync(new URL('icons.json', import.meta.url), 'utf8'));
const sets = new Map();

/** The SVG text of `set:name`, aliases followed. */
function svgOf(reference) {
  const [set, name] = reference.split(':');
  if (!sets.has(set)) sets.set(set, require(`@iconify-json/${set}/icons.json`));
  const { icons: known, aliases = {}, width = 16, height = 16 } = sets.get(set);
  const icon = known[name] ?? known[aliases[name]?.parent];
  if (!icon) throw new Error(`no icon ${reference}`);
  const box = `0 0 ${icon.width ?? width} ${icon.height ?? height}`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `viewBox="${box}" width="${SIZE_PX}" height="${SIZE_PX}">${icon.body}</svg>`
  );
}

fs.mkdirSync(outputDir, { recursive: true });
for (const [name, references] of Object.entries({ ...icons.nouns, ...icons.accessories })) {
  references.forEach((reference, k) => {
    const png = new Resvg(svgOf(reference), { fitTo: { mode: 'width', value: SIZE_PX } })
      .render()
      .asPng();
    fs.writeFileSync(path.join(outputDir, `${name}.${k}.png`), png);
  });
}
