import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import {
  exportSaeFiles,
  importSaeFiles,
  listSaes,
  type SaeAnswerValues,
  type SaeEntry,
} from '../../src/protocol/saes.ts';
import { embeddedModel } from './engineSession.ts';

const modelDir = embeddedModel;
export const answers: SaeAnswerValues = {
  target: 'update',
  blockPath: 'unet.mid_block.attentions.0',
};

/** The engine in this process, and an SAE of the embedded model as somebody else's files, to be imported. */
export class SaeImports {
  readonly engine: Engine;
  readonly source: string;
  changes = 0;

  /** @param dir of the test's own */
  constructor(dir: string) {
    this.source = join(dir, 'unet.mid_block.attentions.0_k10_hidden1536');
    this.engine = this.start(join(dir, 'storage'));
  }

  /** One more window. */
  start(storageDir: string): Engine {
    const extensionDir = join(import.meta.dirname, '..', '..');
    return createEngine(
      { extensionDir, storageDir, threadCount: 1 },
      { onSaesChanged: () => this.changes++ },
    );
  }

  async writeSource(): Promise<void> {
    await this.engine.request(exportSaeFiles, {
      ...{ modelDir, saeId: 'model.mid.0', format: 'sdxl-unbox', path: this.source },
    });
  }

  import(given = answers, path = this.source) {
    const params = { modelDir, path, answers: given, storage: 'float32' as const };
    return this.engine.request(importSaeFiles, params);
  }

  list() {
    return this.engine.request(listSaes, { modelDir });
  }

  async activeIn(block: string): Promise<SaeEntry> {
    const { saes } = await this.list();
    return saes.find((sae) => sae.block === block && sae.activeBecause) ?? assert.fail(block);
  }
}
