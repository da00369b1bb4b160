import type { FeatureRef } from './featurePanel.ts';
import type { ExamplePicture } from './indexSearch.ts';
import { defineRequest } from './request.ts';
import type { ProblemAction } from './resultPanel.ts';

/** An example as a panel can load it: `uri` instead of a path; null when no thumbnail is kept. */
export type PanelPicture = Omit<ExamplePicture, 'path'> & { readonly uri: string | null };

/** Commands of the extension that buttons inside panels run. */
export const panelCommands = [
  'ablate',
  'testCause',
  'showMap',
  'indexSae',
  'findFeature',
  'openGallery',
  'importLabels',
  'openFolder',
  'qualityReport',
] as const;
export type PanelCommand = (typeof panelCommands)[number];

/** What card, gallery, contrast sets and quality report ask of the host alike. */
export const panelOpenCard = defineRequest<{ feature: FeatureRef; isBeside: boolean }, null>(
  'panel/openCard',
);
export const panelPin = defineRequest<{ feature: FeatureRef; isPinned: boolean }, null>(
  'panel/pin',
);
/** Puts features on an own list, a new one where there is none of that name, or takes them off. */
export const panelSetList = defineRequest<
  { name: string; features: readonly FeatureRef[]; isMember: boolean },
  null
>('panel/setList');
export const panelCopyText = defineRequest<{ text: string }, null>('panel/copyText');
/** A save dialog for bytes that the panel made: a sheet as PNG, a table as CSV. */
export const panelSaveFile = defineRequest<{ name: string; bytes: ArrayBuffer }, null>(
  'panel/saveFile',
);
/** `target`: the block or feature that the command is about, where it takes one. */
export const panelRun = defineRequest<
  { command: PanelCommand; target?: FeatureRef | { readonly block: string } },
  null
>('panel/run');
export const panelAct = defineRequest<{ action: ProblemAction | 'showLog' }, null>('panel/act');
