/** One row of the command table; the manifest test holds package.json to it. */
export interface CommandSpec {
  readonly title: string;
  readonly icon?: string;
  /** When it can be used; the same words as in package.json. */
  readonly enablement?: string;
  /** When the palette offers it, beside `enablement`; elsewhere it is called on a thing that is there. */
  readonly paletteWhen?: string;
}

const canRun = "isWorkspaceTrusted && featurescope.engineState != 'givenUp'";
const hasPicture = 'featurescope.hasPicture';
const hasCurrentPicture = 'featurescope.hasCurrentPicture';
const hasFeature = 'featurescope.hasFeature';
const isExperiment = 'resourceFilename =~ /\\.sae\\.json$/';
const hasJobs = 'featurescope.jobs == some';

/** Every command of the extension. What they do is in `actions/`, wired in `app.ts`. */
export const commandTable = {
  'featurescope.generate': {
    title: 'Generate with Prompt',
    icon: '$(wand)',
    enablement: canRun,
  },
  'featurescope.generateNextSeed': {
    title: 'Generate Again with Next Seed',
    icon: '$(sync)',
    enablement: `${hasPicture} && ${canRun}`,
  },
  'featurescope.cancel': {
    title: 'Cancel Generating',
    icon: '$(debug-stop)',
    enablement: 'featurescope.isGenerating',
  },
  'featurescope.savePng': {
    title: 'Save Picture as PNG…',
    icon: '$(save)',
    enablement: canRun,
    paletteWhen: hasPicture,
  },
  'featurescope.copyPrompt': { title: 'Copy Prompt', paletteWhen: hasPicture },
  'featurescope.copySeed': { title: 'Copy Seed', paletteWhen: hasPicture },
  'featurescope.reveal': {
    title: 'Reveal Picture File',
    enablement: canRun,
    paletteWhen: hasPicture,
  },
  'featurescope.openRun': {
    title: 'Open Run…',
    icon: '$(go-to-file)',
    enablement: canRun,
  },
  'featurescope.rerun': { title: 'Run Again…', icon: '$(refresh)', enablement: canRun },
  'featurescope.deleteRun': { title: 'Delete Run…', icon: '$(trash)', enablement: canRun },
  'featurescope.restoreDeletedRun': {
    title: 'Restore Deleted Run',
    icon: '$(discard)',
    enablement: `featurescope.hasDeletedRuns && ${canRun}`,
  },
  'featurescope.loadMoreRuns': { title: 'Load More Runs', paletteWhen: 'false' },
  'featurescope.cleanUpStorage': {
    title: 'Clean Up Storage…',
    icon: '$(clear-all)',
    enablement: canRun,
  },
  'featurescope.chooseModel': {
    title: 'Choose Model',
    icon: '$(package)',
    enablement: canRun,
  },
  'featurescope.addModel': {
    title: 'Add Model…',
    icon: '$(add)',
    enablement: canRun,
  },
  'featurescope.setHubToken': {
    title: 'Set Token for Downloads…',
    icon: '$(key)',
    enablement: canRun,
  },
  'featurescope.chooseProvider': {
    title: 'Choose Provider',
    icon: '$(chip)',
    enablement: canRun,
  },
  'featurescope.compareProvider': {
    title: 'Compare Provider with CPU…',
    icon: '$(chip)',
    enablement: canRun,
  },
  'featurescope.restartEngine': {
    title: 'Restart Engine',
    icon: '$(debug-restart)',
    enablement: 'isWorkspaceTrusted',
  },
  'featurescope.showLog': { title: 'Show Log', icon: '$(output)' },
  'featurescope.showMenu': { title: 'Engine and Storage…', icon: '$(server-process)' },
  'featurescope.showFeatures': {
    title: 'Show Features of Picture',
    icon: '$(layers)',
    enablement: canRun,
    paletteWhen: hasCurrentPicture,
  },
  'featurescope.findFeature': {
    title: 'Find Feature…',
    icon: '$(search)',
    enablement: canRun,
  },
  'featurescope.filterFeatures': {
    title: 'Filter Features…',
    icon: '$(filter)',
    enablement: hasCurrentPicture,
  },
  'featurescope.clearFeatureFilter': {
    title: 'Clear Feature Filter',
    icon: '$(filter-filled)',
    enablement: 'featurescope.hasFeatureFilter',
  },
  'featurescope.listActiveFeatures': {
    title: 'List Active Features',
    icon: '$(graph)',
    enablement: hasCurrentPicture,
    paletteWhen: "featurescope.featureMode != 'active'",
  },
  'featurescope.listPinnedFeatures': {
    title: 'List Pinned Features',
    icon: '$(pinned)',
    enablement: hasCurrentPicture,
    paletteWhen: "featurescope.featureMode != 'pinned'",
  },
  'featurescope.listAllFeatures': {
    title: 'List All Features',
    icon: '$(list-flat)',
    enablement: hasCurrentPicture,
    paletteWhen: "featurescope.featureMode != 'all'",
  },
  'featurescope.sortFeaturesById': {
    title: 'Sort Features by Id',
    icon: '$(list-ordered)',
    enablement: hasCurrentPicture,
    paletteWhen: "featurescope.featureSort == 'strength'",
  },
  'featurescope.sortFeaturesByStrength': {
    title: 'Sort Features by Strength',
    icon: '$(graph-left)',
    enablement: hasCurrentPicture,
    paletteWhen: "featurescope.featureSort == 'id'",
  },
  'featurescope.comparePictures': {
    title: 'Compare Pictures…',
    icon: '$(diff)',
    enablement: canRun,
    paletteWhen: hasCurrentPicture,
  },
  'featurescope.showBlock': {
    title: 'Show Block in Feature View',
    icon: '$(eye)',
    paletteWhen: 'false',
  },
  'featurescope.showUnet': {
    title: 'Show U-net Schematic',
    icon: '$(type-hierarchy)',
    enablement: `${hasCurrentPicture} && ${canRun}`,
  },
  'featurescope.openFeature': { title: 'Show Feature Map', icon: '$(eye)', paletteWhen: 'false' },
  'featurescope.pinFeature': { title: 'Pin Feature', icon: '$(pin)', paletteWhen: hasFeature },
  'featurescope.unpinFeature': {
    title: 'Unpin Feature',
    icon: '$(pinned)',
    paletteWhen: hasFeature,
  },
  'featurescope.copyFeatureId': {
    title: 'Copy Feature Id',
    icon: '$(copy)',
    paletteWhen: hasFeature,
  },
  'featurescope.openBoard': {
    title: 'Open Ablation Board',
    icon: '$(beaker)',
    enablement: canRun,
  },
  'featurescope.ablateFeature': {
    title: 'Ablate Feature',
    icon: '$(circle-slash)',
    enablement: canRun,
    paletteWhen: hasFeature,
  },
  'featurescope.addFeatureInMask': {
    title: 'Add Feature in Mask…',
    icon: '$(paintcan)',
    enablement: canRun,
    paletteWhen: hasFeature,
  },
  'featurescope.testCause': {
    title: 'Test Cause of Feature',
    icon: '$(beaker)',
    enablement: canRun,
  },
  'featurescope.addDirection': {
    title: 'Add Direction to Board…',
    icon: '$(arrow-both)',
    enablement: canRun,
  },
  'featurescope.featureIcon': {
    title: 'Feature Icon',
    icon: '$(device-camera)',
    enablement: canRun,
    paletteWhen: hasFeature,
  },
  'featurescope.loadMoreFeatures': { title: 'Load More Features', paletteWhen: 'false' },
  'featurescope.importSae': { title: 'Import SAE…', icon: '$(add)', enablement: canRun },
  'featurescope.saeReport': { title: 'SAE Report…', icon: '$(checklist)', enablement: canRun },
  'featurescope.chooseSae': { title: 'Choose SAE…', icon: '$(arrow-swap)', enablement: canRun },
  'featurescope.exportSae': { title: 'Export SAE…', icon: '$(export)', enablement: canRun },
  'featurescope.removeSae': { title: 'Remove SAE…', icon: '$(trash)', enablement: canRun },
  'featurescope.exportRun': {
    title: 'Export Codes of Run…',
    icon: '$(export)',
    enablement: canRun,
  },
  'featurescope.collect': {
    title: 'Collect Activations…',
    icon: '$(database)',
    enablement: canRun,
  },
  'featurescope.pauseJob': {
    title: 'Pause Job',
    icon: '$(debug-pause)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.resumeJob': {
    title: 'Resume Job',
    icon: '$(debug-continue)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.cancelJob': {
    title: 'Cancel Job',
    icon: '$(debug-stop)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.showJobLog': {
    title: 'Show Job Log',
    icon: '$(output)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.revealJob': {
    title: 'Reveal Result of Job',
    icon: '$(folder-opened)',
    paletteWhen: hasJobs,
  },
  'featurescope.removeJob': {
    title: 'Remove Job from List',
    icon: '$(close)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.openFeatureCard': {
    title: 'Open Feature Card',
    icon: '$(note)',
    enablement: canRun,
  },
  'featurescope.openGallery': {
    title: 'Open Feature Gallery',
    icon: '$(table)',
    enablement: canRun,
  },
  'featurescope.featuresLikePicture': {
    title: 'Features Like in This Picture',
    icon: '$(sparkle)',
    enablement: `${hasCurrentPicture} && ${canRun}`,
  },
  'featurescope.labelFeature': { title: 'Label Feature…', icon: '$(tag)', enablement: canRun },
  'featurescope.addFeatureToList': {
    title: 'Add Feature to List…',
    icon: '$(add)',
    enablement: canRun,
  },
  'featurescope.importLabels': { title: 'Import Labels…', enablement: canRun },
  'featurescope.removeImportedLabels': { title: 'Remove Imported Labels…', enablement: canRun },
  'featurescope.contrastSets': {
    title: 'Contrast Sets',
    icon: '$(diff)',
    enablement: canRun,
  },
  'featurescope.qualityReport': {
    title: 'SAE Quality Report',
    icon: '$(pulse)',
    enablement: canRun,
  },
  'featurescope.indexSae': { title: 'Index SAE…', icon: '$(book)', enablement: canRun },
  'featurescope.explain': {
    title: 'Explain Active Features',
    icon: '$(search-fuzzy)',
    enablement: canRun,
  },
  'featurescope.trainSae': { title: 'Train SAE…', icon: '$(mortar-board)', enablement: canRun },
  'featurescope.showTraining': {
    title: 'Show Training',
    icon: '$(graph-line)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.useTrainedSae': {
    title: 'Use Trained SAE…',
    icon: '$(add)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.indexTrainedSae': {
    title: 'Index Trained SAE…',
    icon: '$(book)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.blockSpecialization': {
    title: 'Block Specialization…',
    icon: '$(graph)',
    enablement: canRun,
  },
  'featurescope.showSpecialization': {
    title: 'Show Block Specialization',
    icon: '$(graph)',
    enablement: canRun,
    paletteWhen: hasJobs,
  },
  'featurescope.newExperiment': {
    title: 'New Experiment',
    icon: '$(new-file)',
    enablement: canRun,
  },
  'featurescope.saveBoardAsExperiment': {
    title: 'Save Board as Experiment…',
    icon: '$(save-as)',
    enablement: canRun,
  },
  'featurescope.openExperimentBoard': {
    title: 'Open Experiment as Board',
    icon: '$(layout)',
    enablement: canRun,
    paletteWhen: isExperiment,
  },
  'featurescope.openExperimentText': {
    title: 'Open Experiment as Text',
    icon: '$(go-to-file)',
    paletteWhen: isExperiment,
  },
  'featurescope.runExperiment': {
    title: 'Run Experiment',
    icon: '$(play)',
    enablement: canRun,
    paletteWhen: isExperiment,
  },
  'featurescope.runExperimentCell': {
    title: 'Run Cell of Experiment',
    enablement: canRun,
    paletteWhen: 'false',
  },
  'featurescope.replayExperiment': {
    title: 'Replay Experiment',
    icon: '$(debug-rerun)',
    enablement: canRun,
    paletteWhen: isExperiment,
  },
  'featurescope.compareExperiment': {
    title: 'Compare Experiment with HEAD',
    icon: '$(diff)',
    enablement: canRun,
    paletteWhen: isExperiment,
  },
  'featurescope.exportExperiment': {
    title: 'Export Experiment…',
    icon: '$(export)',
    enablement: canRun,
    paletteWhen: isExperiment,
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandId = keyof typeof commandTable;

/** The palette groups all commands under this word. */
export const commandCategory = 'SAE';

/** What a command does; `target` is the tree item or picture that it was called on, if any. */
export type CommandHandlers = Readonly<
  Record<CommandId, (target: unknown, selected: unknown) => unknown>
>;
