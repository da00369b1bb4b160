import { commands } from 'vscode';
import type { FeatureMode, FeatureSort } from './features/blockRows.ts';
import type { EngineStateKind } from './supervisor/engineState.ts';

/** What `enablement` and `when` in package.json may ask, below `featurescope.`. */
export interface ContextKeys {
  readonly engineState: EngineStateKind;
  readonly hasPicture: boolean;
  readonly isGenerating: boolean;
  readonly hasDeletedRuns: boolean;
  readonly runs: 'unread' | 'none' | 'some' | 'failed';
  /** A kept picture whose features can be shown. */
  readonly hasCurrentPicture: boolean;
  /** A feature was chosen. */
  readonly hasFeature: boolean;
  readonly featureMode: FeatureMode;
  readonly jobs: 'unread' | 'none' | 'some' | 'failed';
  readonly featureSort: FeatureSort;
  readonly hasFeatureFilter: boolean;
}

/** Tells VS Code only what has changed: this is called for every progress message. */
export class ContextKeyWriter {
  readonly #told = new Map<string, unknown>();

  write(keys: ContextKeys): void {
    for (const [key, value] of Object.entries(keys)) {
      if (this.#told.get(key) === value) continue;
      this.#told.set(key, value);
      void commands.executeCommand('setContext', `featurescope.${key}`, value);
    }
  }
}
