import {
  cardChanged,
  cardContactSheet,
  cardContent,
  cardDraw,
  cardFetchContactSheet,
  cardGo,
  cardJudgeBlindTest,
  type CardSavedState,
  cardSetLabel,
  cardSnapshot,
  cardStartBlindTest,
} from '../../protocol/cardPanel.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { featureName } from '../../protocol/featureName.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { shortened } from '../words.ts';
import { CardSession, type CardSessionPorts } from './cardSession.ts';
import { drawFeature, type DrawFeaturePorts } from './drawFeature.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { type PanelServicePorts, servePanel } from './panelServices.ts';

const emptyTitle = 'Feature Card';
const labelLength = 24;

export type CardPanelsPorts = CardSessionPorts &
  DrawFeaturePorts &
  PanelServicePorts &
  Pick<PanelShellOptions, 'extensionUri' | 'folders'>;

interface CardLife extends PanelLife {
  readonly session: CardSession;
}

/** The open feature cards. */
export class CardPanels extends OpenPanels<CardLife> {
  constructor(ports: CardPanelsPorts) {
    const { extensionUri, folders } = ports;
    super({
      ...{ extensionUri, folders, name: 'card', title: emptyTitle },
      viewType: 'featurescope.card',
      isBeside: true,
      make: (shell, saved) => cardLife(ports, shell, saved),
    });
  }

  /** In the card that was used last, or in one of its own beside it. */
  open(feature: FeatureRef, { isBeside = false, preserveFocus = false } = {}): void {
    this.show({ isNew: isBeside, preserveFocus }).session.go(feature);
  }

  recover(): void {
    for (const { session } of this.lives) session.recover();
  }
}

function cardLife(ports: CardPanelsPorts, shell: PanelShell, saved: unknown): CardLife {
  const session = new CardSession(ports, () => {
    const { feature } = session;
    const label = feature && ports.labels.labelOf(feature);
    if (feature) {
      shell.title = label
        ? `${shortened(label, labelLength)} · ${featureName(feature)}`
        : featureName(feature);
    }
    shell.changed();
  });
  const feature = savedFeature(saved);
  if (feature) session.go(feature);
  const uriOf = (path: string | null) => shell.uriOf(path);
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    servePanel(table, ports, uriOf);
    table.handle(cardSnapshot, () => session.state);
    table.handle(cardContent, (params) => session.content(params.feature, uriOf));
    table.handle(cardContactSheet, (params) => session.contactSheet(params.feature, uriOf));
    table.handle(cardFetchContactSheet, (params, { signal }) =>
      session.fetchContactSheet(params.feature, uriOf, signal),
    );
    table.handle(cardGo, ({ to }) => {
      session.go(to);
      return null;
    });
    table.handle(cardSetLabel, async (params) => {
      await session.setLabel(params.feature, params.text, params.note);
      return null;
    });
    table.handle(cardDraw, ({ feature: drawn, kind }, context) =>
      drawFeature(drawn, kind, ports, context),
    );
    table.handle(cardStartBlindTest, (params) => session.startBlindTest(params.feature, uriOf));
    table.handle(cardJudgeBlindTest, (params) => session.judgeBlindTest(params));
    return table;
  };
  return {
    session,
    dispatcher,
    push: () => {
      shell.notify(cardChanged, session.state);
    },
    dispose: () => undefined,
  };
}

/** Of this version's page, or nothing. */
function savedFeature(saved: unknown): FeatureRef | undefined {
  const { feature } = (saved ?? {}) as Partial<CardSavedState>;
  const { block, id } = (feature ?? {}) as Partial<FeatureRef>;
  return typeof block === 'string' && typeof id === 'number' ? { block, id } : undefined;
}
