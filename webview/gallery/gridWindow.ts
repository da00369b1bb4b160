/** Of a tile with its gap, in CSS pixels; the style sheet has the same numbers. */
const tileWidthMin = 132;
export const rowHeight = 188;
const gap = 8;
/** Drawn beyond what is seen, in rows. */
const overscan = 2;

/** What part of a long grid is in view: only that much is in the page. */
export class GridWindow {
  readonly #onChange: () => void;
  readonly #resize = new ResizeObserver(() => {
    this.#look();
  });
  #element: HTMLElement | undefined;
  #columns = 1;
  #firstRow = 0;
  #rowsInView = 1;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    window.addEventListener(
      'scroll',
      () => {
        this.#look();
      },
      { passive: true },
    );
    window.addEventListener('resize', () => {
      this.#look();
    });
  }

  get columns(): number {
    return this.#columns;
  }

  get rowsInView(): number {
    return this.#rowsInView;
  }

  /** For lit's `ref`: the grid, or undefined when it is gone. */
  readonly attach = (element: Element | undefined): void => {
    const next = element instanceof HTMLElement ? element : undefined;
    if (next === this.#element) return;
    this.#resize.disconnect();
    this.#element = next;
    if (next) this.#resize.observe(next);
  };

  /** Tiles that are drawn: `from` included, `to` not. */
  range(count: number): { readonly from: number; readonly to: number } {
    const first = Math.max(0, this.#firstRow - overscan);
    const last = this.#firstRow + this.#rowsInView + overscan;
    return {
      from: Math.min(first * this.#columns, Math.max(0, count - 1)),
      to: Math.min(count, last * this.#columns),
    };
  }

  height(count: number): number {
    return Math.ceil(count / this.#columns) * rowHeight;
  }

  /** Scrolls until a tile is in view. */
  reveal(index: number): void {
    if (!this.#element) return;
    const top = Math.floor(index / this.#columns) * rowHeight;
    const { top: start } = this.#element.getBoundingClientRect();
    const bar = document.querySelector('.bar')?.getBoundingClientRect().height ?? 0;
    const above = start + top - bar - gap;
    const below = start + top + rowHeight - window.innerHeight;
    if (above < 0) window.scrollBy(0, above);
    else if (below > 0) window.scrollBy(0, below);
    this.#look();
  }

  /** To the beginning: the list is another one. */
  reset(): void {
    window.scrollTo(0, 0);
    this.#look();
  }

  #look(): void {
    if (!this.#element) return;
    const { top, width } = this.#element.getBoundingClientRect();
    const columns = Math.max(1, Math.floor((width + gap) / (tileWidthMin + gap)));
    const firstRow = Math.max(0, Math.floor(-top / rowHeight));
    const rowsInView = Math.ceil(window.innerHeight / rowHeight) + 1;
    const isSame =
      columns === this.#columns && firstRow === this.#firstRow && rowsInView === this.#rowsInView;
    if (isSame) return;
    this.#columns = columns;
    this.#firstRow = firstRow;
    this.#rowsInView = rowsInView;
    this.#onChange();
  }
}
