/** Sky, grass and a ball whose place and colour follow the seed; something to look at in a screenshot. */
export function fakePicture(width: number, height: number, seed: number): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(width * height * 3); // [height, width, 3]
  const ballX = 0.25 + 0.5 * ((seed * 0.618) % 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = x / width;
      const down = y / height;
      const distance = Math.hypot(across - ballX, down - 0.58) / 0.16;
      const light = 1 - 0.5 * Math.hypot(across - ballX + 0.06, down - 0.5) * 4;
      const hill = 0.68 + 0.04 * Math.sin(across * 5 + seed);
      const colour =
        distance < 1
          ? [225 * light, (60 + ((seed * 53) % 120)) * light, 50 * light]
          : down > hill
            ? [80 - 40 * down, 170 - 60 * down, 60]
            : [120 + 90 * down, 180 + 50 * down, 245];
      rgb.set(colour, (y * width + x) * 3);
    }
  }
  return rgb;
}
