interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Above this many device pixels a pixel, one more or less for some of them is not seen. */
const unevenMax = 4;
let scratch: OffscreenCanvas | undefined;

/**
 * Draws pixels with sharp edges at any size from their own on. Nearest neighbour alone makes some columns wider than
 * others at 2.7 times; so first to the next whole multiple, then smoothly down, which softens only the edges.
 */
export function drawCrisp(
  context: CanvasRenderingContext2D,
  pixels: OffscreenCanvas,
  { left, top, width, height }: Box,
): void {
  const scale = width / pixels.width;
  const multiple = Math.ceil(scale);
  context.imageSmoothingEnabled = false;
  if (multiple === scale || scale > unevenMax) {
    context.drawImage(pixels, left, top, width, height);
    return;
  }
  // Only what is seen: a large picture at a large zoom would need a canvas of hundreds of megabytes.
  const first = {
    x: Math.max(0, Math.floor(-left / scale)),
    y: Math.max(0, Math.floor(-top / scale)),
  };
  const last = {
    x: Math.min(pixels.width, Math.ceil((context.canvas.width - left) / scale)),
    y: Math.min(pixels.height, Math.ceil((context.canvas.height - top) / scale)),
  };
  const columns = last.x - first.x;
  const rows = last.y - first.y;
  if (columns <= 0 || rows <= 0) return;
  scratch ??= new OffscreenCanvas(1, 1);
  scratch.width = columns * multiple;
  scratch.height = rows * multiple;
  const enlarge = scratch.getContext('2d');
  if (!enlarge) return;
  enlarge.imageSmoothingEnabled = false;
  enlarge.drawImage(pixels, first.x, first.y, columns, rows, 0, 0, scratch.width, scratch.height);
  context.imageSmoothingEnabled = true;
  context.drawImage(
    scratch,
    left + first.x * scale,
    top + first.y * scale,
    columns * scale,
    rows * scale,
  );
}
