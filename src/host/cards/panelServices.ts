import type { Dispatcher } from '../../protocol/dispatcher.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { type FeaturePreview, featurePreview } from '../../protocol/featurePreview.ts';
import { type FeatureCard, featureCard } from '../../protocol/indexSearch.ts';
import {
  panelAct,
  type PanelCommand,
  panelCopyText,
  panelOpenCard,
  panelPin,
  panelRun,
  panelSaveFile,
  panelSetList,
} from '../../protocol/panelRequests.ts';
import type { Caller } from '../../protocol/request.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import type { FeatureChoice } from '../features/featureChoice.ts';
import { answered } from '../panels/answered.ts';
import type { IndexList } from './indexList.ts';
import type { LabelBook } from './labelBook.ts';
import type { UriOf } from './panelPictures.ts';

export interface PanelServicePorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly choice: FeatureChoice;
  readonly indexes: IndexList;
  readonly labels: LabelBook;
  readonly openCard: (feature: FeatureRef, isBeside: boolean) => void;
  readonly copyText: (text: string) => PromiseLike<void>;
  /** Asks where and writes; does nothing when the person changes their mind. */
  readonly saveFile: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly run: (command: PanelCommand, target: unknown) => PromiseLike<unknown>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

const neighbourCount = 4;

/** Answers what card, gallery, contrast sets and quality report ask alike. */
export function servePanel(dispatcher: Dispatcher, ports: PanelServicePorts, uriOf: UriOf): void {
  dispatcher.handle(panelOpenCard, ({ feature, isBeside }) => {
    ports.openCard(feature, isBeside);
    return null;
  });
  dispatcher.handle(panelPin, ({ feature, isPinned }) =>
    answered(ports.choice.pin(feature, isPinned)),
  );
  dispatcher.handle(panelSetList, ({ name, features, isMember }) =>
    answered(ports.labels.setList(name, features, isMember)),
  );
  dispatcher.handle(panelCopyText, ({ text }) => answered(ports.copyText(text)));
  dispatcher.handle(panelSaveFile, ({ name, bytes }) =>
    answered(ports.saveFile(name, new Uint8Array(bytes))),
  );
  dispatcher.handle(panelRun, ({ command, target }) => answered(ports.run(command, target)));
  dispatcher.handle(panelAct, ({ action }) => answered(ports.act(action)));
  dispatcher.handle(featurePreview, ({ feature }) => preview(feature, ports, uriOf));
}

/** What the index of its block knows of a feature; null where there is none. */
export async function indexedCard(
  feature: FeatureRef,
  {
    engine,
    model,
    indexes,
    labels,
  }: Pick<PanelServicePorts, 'engine' | 'model' | 'indexes' | 'labels'>,
): Promise<FeatureCard | null> {
  if (!(await indexes.has(feature.block))) return null;
  return engine.request(featureCard, { modelDir: model.dir, ...labels.place, feature });
}

async function preview(
  feature: FeatureRef,
  ports: PanelServicePorts,
  uriOf: UriOf,
): Promise<FeaturePreview | null> {
  const card = await indexedCard(feature, ports);
  if (!card) return null;
  const best = card.examples.find(({ interval }) => interval === 'top')?.pictures[0];
  const uri = uriOf(best?.path ?? null);
  return {
    picture: best && uri !== null ? { uri, prompt: best.prompt } : null,
    figures: card.figures,
    neighbours: card.neighbours.slice(0, neighbourCount).map(({ block, id, label, cosine }) => ({
      ...{ block, id, cosine },
      label: label?.text ?? null,
    })),
  };
}
