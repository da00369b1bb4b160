import { StatusBarAlignment, type StatusBarItem, ThemeColor, window } from 'vscode';
import type { Disposable } from './disposables.ts';
import type { StatusText } from './statusText.ts';

/** The one status item; a click opens the menu of engine and storage. */
export class StatusItem implements Disposable {
  readonly #item: StatusBarItem;

  constructor() {
    this.#item = window.createStatusBarItem('featurescope.status', StatusBarAlignment.Left);
    this.#item.name = 'SAE Engine';
    this.#item.command = 'featurescope.showMenu';
  }

  show({ text, tooltip, background }: StatusText): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    const words = text.replaceAll(/\$\([^)]*\)\s*/g, '');
    this.#item.accessibilityInformation = { label: `${words}. ${tooltip}`, role: 'button' };
    this.#item.backgroundColor = background
      ? new ThemeColor(`statusBarItem.${background}Background`)
      : undefined;
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}
