import { Dispatcher } from '../../protocol/dispatcher.ts';
import { compareSaes, qualityReport } from '../../protocol/indexes.ts';
import {
  qualityCancelCompare,
  qualityChanged,
  qualityCompare,
  qualityRefresh,
  qualitySnapshot,
  type QualityState,
} from '../../protocol/qualityPanel.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { Report } from '../report.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { type PanelServicePorts, servePanel } from './panelServices.ts';

export type QualityPanelsPorts = PanelServicePorts &
  Pick<PanelShellOptions, 'extensionUri' | 'folders'> & {
    readonly model: CurrentModel;
    readonly report: Report;
    /** Lets the person choose two SAE folders; undefined when they change their mind. */
    readonly pickSaes: () => Promise<{ leftDir: string; rightDir: string } | undefined>;
  };

interface QualityLife extends PanelLife {
  readonly refresh: () => void;
}

/** The quality report of the model's SAEs, and two SAEs side by side. */
export class QualityPanels extends OpenPanels<QualityLife> {
  constructor(ports: QualityPanelsPorts) {
    const { extensionUri, folders } = ports;
    super({
      ...{ extensionUri, folders, name: 'quality', title: 'SAE Quality' },
      viewType: 'featurescope.quality',
      isBeside: false,
      make: (shell) => qualityLife(ports, shell),
    });
  }

  recover(): void {
    for (const { refresh } of this.lives) refresh();
  }
}

function qualityLife(ports: QualityPanelsPorts, shell: PanelShell): QualityLife {
  const { engine, model, report } = ports;
  let state: QualityState = {
    modelTitle: '',
    isEmbedded: model.isEmbedded,
    reports: null,
    comparison: { kind: 'none' },
    problem: null,
  };
  let comparing = new AbortController();
  const set = (change: Partial<QualityState>): void => {
    state = { ...state, ...change };
    shell.changed();
  };
  const refresh = async (): Promise<void> => {
    try {
      const [reports, { title }] = await Promise.all([
        engine.request(qualityReport, { modelDir: model.dir }),
        model.describe(),
      ]);
      set({ reports, modelTitle: title, isEmbedded: model.isEmbedded, problem: null });
    } catch (error) {
      set({ problem: report.problem(error) ?? null });
    }
  };
  const compare = async (leftDir: string, rightDir: string): Promise<void> => {
    comparing.abort();
    const mine = new AbortController();
    comparing = mine;
    const dirs = { leftDir, rightDir };
    set({
      comparison: { kind: 'running', ...dirs, matchedCount: 0, totalCount: 0 },
      problem: null,
    });
    try {
      const result = await engine.request(compareSaes, dirs, {
        signal: mine.signal,
        onProgress: (progress) => {
          if (comparing === mine) set({ comparison: { kind: 'running', ...dirs, ...progress } });
        },
      });
      if (comparing === mine) set({ comparison: { kind: 'done', ...dirs, result } });
    } catch (error) {
      if (comparing !== mine) return;
      set({ comparison: { kind: 'none' }, problem: report.problem(error) ?? null });
    }
  };
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    servePanel(table, ports, (path) => shell.uriOf(path));
    table.handle(qualitySnapshot, () => state);
    table.handle(qualityRefresh, async () => {
      await refresh();
      return null;
    });
    table.handle(qualityCompare, async () => {
      const dirs = await ports.pickSaes();
      if (dirs) void compare(dirs.leftDir, dirs.rightDir);
      return null;
    });
    table.handle(qualityCancelCompare, () => {
      comparing.abort();
      return null;
    });
    return table;
  };
  void refresh();
  return {
    dispatcher,
    refresh: () => void refresh(),
    push: () => {
      shell.notify(qualityChanged, state);
    },
    dispose: () => {
      comparing.abort();
    },
  };
}
