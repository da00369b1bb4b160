/** Pixels as CSS counts them, unless a name says device. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Which part of a picture is seen: the same for neighbours of other sizes, so in fractions of the picture. */
export interface ViewPosition {
  /** CSS pixels per picture pixel, or as large as the frame allows. */
  readonly zoom: number | 'fit';
  /** Point of the picture (0 ... 1) in the middle of the frame. */
  readonly centre: Point;
}

/** A picture in its frame on a screen. */
export interface Stage {
  readonly picture: Size;
  readonly frame: Size;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

export interface Placement {
  readonly zoom: number;
  readonly left: number;
  readonly top: number;
  /** Pixels keep their edges; else smooth. */
  readonly isCrisp: boolean;
}

export const fitted: ViewPosition = { zoom: 'fit', centre: { x: 0.5, y: 0.5 } };

/** Above this a pixel is a square of its own that says nothing: smooth shows the picture better. */
const crispZoomMax = 4;
const zoomMax = 32;
const zoomMin = 1 / 8;
const zoomLevels = [zoomMin, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, zoomMax];

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

/** The largest zoom at which all of the picture is seen; small pictures stop at the last crisp one. */
export function fitZoom({ picture, frame }: Stage): number {
  const room = Math.min(frame.width / picture.width, frame.height / picture.height);
  return Math.max(Math.min(room, crispZoomMax), 1e-3);
}

export function placePicture(stage: Stage, view: ViewPosition): Placement {
  const { picture, frame, pixelRatio } = stage;
  const zoom = view.zoom === 'fit' ? fitZoom(stage) : view.zoom;
  const centre = view.zoom === 'fit' ? fitted.centre : clampCentre(stage, zoom, view.centre);
  return {
    zoom,
    left: frame.width / 2 - centre.x * picture.width * zoom,
    top: frame.height / 2 - centre.y * picture.height * zoom,
    isCrisp: zoom * pixelRatio >= 1 && zoom <= crispZoomMax,
  };
}

/** No empty band on one side while the other side is cut. */
function clampCentre({ picture, frame }: Stage, zoom: number, centre: Point): Point {
  const along = (value: number, frameLength: number, pictureLength: number): number => {
    const half = frameLength / (pictureLength * zoom) / 2;
    return half >= 0.5 ? 0.5 : clamp(value, half, 1 - half);
  };
  return {
    x: along(centre.x, frame.width, picture.width),
    y: along(centre.y, frame.height, picture.height),
  };
}

/** Zooms so that what is under `pointer` (in the frame) stays there, as far as the picture's edges allow. */
export function zoomAround(
  stage: Stage,
  view: ViewPosition,
  zoom: number,
  pointer: Point = { x: stage.frame.width / 2, y: stage.frame.height / 2 },
): ViewPosition {
  const next = clamp(zoom, Math.min(zoomMin, fitZoom(stage)), zoomMax);
  const { picture, frame } = stage;
  const under = pictureAt(stage, view, pointer);
  const centre = {
    x: under.x - (pointer.x - frame.width / 2) / (picture.width * next),
    y: under.y - (pointer.y - frame.height / 2) / (picture.height * next),
  };
  return { zoom: next, centre: clampCentre(stage, next, centre) };
}

/** The next level of zoom for a key or a button. */
export function zoomStep(stage: Stage, view: ViewPosition, direction: 1 | -1): ViewPosition {
  const { zoom } = placePicture(stage, view);
  const next =
    direction > 0
      ? zoomLevels.find((level) => level > zoom * 1.001)
      : zoomLevels.findLast((level) => level < zoom / 1.001);
  return zoomAround(stage, view, next ?? zoom);
}

/** Moves the picture under the frame by CSS pixels. */
export function pan(stage: Stage, view: ViewPosition, by: Point): ViewPosition {
  const { zoom, left, top } = placePicture(stage, view);
  const { picture, frame } = stage;
  const centre = {
    x: (frame.width / 2 - left - by.x) / (picture.width * zoom),
    y: (frame.height / 2 - top - by.y) / (picture.height * zoom),
  };
  return { zoom: view.zoom, centre: clampCentre(stage, zoom, centre) };
}

/** @returns the point of the picture under a point of the frame; outside 0 ... 1 beside the picture */
export function pictureAt(stage: Stage, view: ViewPosition, inFrame: Point): Point {
  const { zoom, left, top } = placePicture(stage, view);
  return {
    x: (inFrame.x - left) / (stage.picture.width * zoom),
    y: (inFrame.y - top) / (stage.picture.height * zoom),
  };
}

/** Pans as little as is needed for a part of the picture (fractions) to be seen. */
export function reveal(stage: Stage, view: ViewPosition, from: Point, to: Point): ViewPosition {
  const { zoom, left, top } = placePicture(stage, view);
  const { picture, frame } = stage;
  const shift = (low: number, high: number, length: number): number =>
    low < 0 ? -low : high > length ? length - high : 0;
  const by = {
    x: shift(left + from.x * picture.width * zoom, left + to.x * picture.width * zoom, frame.width),
    y: shift(
      top + from.y * picture.height * zoom,
      top + to.y * picture.height * zoom,
      frame.height,
    ),
  };
  return by.x === 0 && by.y === 0 ? view : pan(stage, view, by);
}
