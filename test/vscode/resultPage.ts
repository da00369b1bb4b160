import type { Frame, Locator } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import type { Workbench } from './workbench.ts';

/** The result panel, as the frame of its webview. */
export class ResultPage {
  readonly frame: Frame;

  private constructor(frame: Frame) {
    this.frame = frame;
  }

  /** Waits for the one result panel that is visible. */
  static async of(workbench: Workbench): Promise<ResultPage> {
    return new ResultPage(await workbench.panel('#root *', 30_000));
  }

  get prompt(): Locator {
    return this.frame.getByRole('textbox', { name: /^prompt/i }).first();
  }

  get generateButton(): Locator {
    return this.frame.getByRole('button', { name: /^generate/i }).first();
  }

  get cancelButton(): Locator {
    return this.frame.getByRole('button', { name: /^cancel/i }).first();
  }

  get progress(): Locator {
    return this.frame.locator('.jobBar');
  }

  get problem(): Locator {
    return this.frame.locator('.problem.error');
  }

  /** Waits until a picture is drawn: a canvas whose pixels differ. @returns number of colours, sampled */
  async picture(timeoutMs = 60_000): Promise<number> {
    return eventually(
      'a picture in the panel',
      async () => {
        const counts = await this.frame.locator('canvas').evaluateAll(countColours);
        return counts.find((count) => count > 50);
      },
      timeoutMs,
    );
  }
}

/** Runs in the page. */
function countColours(canvases: Element[]): number[] {
  return canvases.map((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return 0;
    const copy = new OffscreenCanvas(64, 64);
    const context = copy.getContext('2d');
    if (!context) return 0;
    context.drawImage(canvas, 0, 0, 64, 64);
    const { data } = context.getImageData(0, 0, 64, 64);
    return new Set(new Uint32Array(data.buffer)).size;
  });
}
