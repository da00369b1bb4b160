const xhtml = 'http://www.w3.org/1999/xhtml';

/**
 * While it loads, the toolkit tries `:focus-visible` out in a style element. The content policy refuses that: an
 * error in the console, and focus rings after every click. Until `endStyleProbe` it is given an element whose sheet
 * needs no policy. To be imported before the toolkit.
 */
Object.defineProperty(document, 'createElement', {
  configurable: true,
  value: (name: string): HTMLElement => {
    const isProbe = name === 'style';
    const element = document.createElementNS(xhtml, isProbe ? 'template' : name);
    return isProbe ? Object.assign(element, { sheet: new CSSStyleSheet() }) : element;
  },
});

/** Gives the document its own `createElement` back. */
export function endStyleProbe(): void {
  Reflect.deleteProperty(document, 'createElement');
}
