import { join, resolve } from 'node:path';
import type { CommandContext } from './pictureRun.ts';

/** @param model what `--model` said; the embedded model without it */
export const modelDirOf = ({ packageDir }: CommandContext, model: string | undefined): string =>
  resolve(model ?? join(packageDir, 'models', 'mini'));
