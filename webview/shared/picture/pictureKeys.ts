/** What a key does to a picture viewer. */
export type PictureAction =
  | { readonly kind: 'zoomIn' | 'zoomOut' | 'fit' | 'actualSize' }
  | { readonly kind: 'pan'; readonly x: number; readonly y: number }
  | {
      readonly kind: 'moveCell';
      readonly columns: number;
      readonly rows: number;
      /** Grows the rectangle from where it began. */
      readonly isExtending: boolean;
    }
  | { readonly kind: 'choose' | 'clear' | 'hideMaps' };

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

const arrows: Partial<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const plain: Partial<Record<string, PictureAction>> = {
  '+': { kind: 'zoomIn' },
  '=': { kind: 'zoomIn' },
  '-': { kind: 'zoomOut' },
  '0': { kind: 'fit' },
  '1': { kind: 'actualSize' },
  Enter: { kind: 'choose' },
  Escape: { kind: 'clear' },
  ' ': { kind: 'hideMaps' },
};

/** CSS pixels that an arrow key pans. */
const panStep = 40;

/**
 * Arrows move the cell cursor where there are cells, and pan where there are none or with Ctrl. Other keys with a
 * modifier belong to the editor (Ctrl+0, Ctrl+-).
 */
export function keyAction(key: Key, hasCells: boolean): PictureAction | undefined {
  const isCommand = key.ctrlKey || key.metaKey;
  const arrow = arrows[key.key];
  if (arrow && !key.altKey) {
    const [x, y] = arrow;
    if (hasCells && !isCommand) {
      return { kind: 'moveCell', columns: x, rows: y, isExtending: key.shiftKey };
    }
    return { kind: 'pan', x: -x * panStep, y: -y * panStep };
  }
  return isCommand || key.altKey ? undefined : plain[key.key];
}
