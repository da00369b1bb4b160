import { Dispatcher } from '../../protocol/dispatcher.ts';
import { compareSaes, qualityReport } from '../../protocol/indexes.ts';
import { cancelJob, type JobSummary } from '../../protocol/jobs.ts';
import { listPictureFits, pictureFitKind } from '../../protocol/pictureFit.ts';
import {
  qualityCancelCompare,
  qualityCancelMeasure,
  qualityChanged,
  qualityCompare,
  qualityMeasure,
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
    /** Starts the job that measures in the picture; nothing when the person changes their mind. */
    readonly measure: () => Promise<void>;
  };

interface QualityLife extends PanelLife {
  readonly refresh: () => void;
  readonly measuring: (job: JobSummary | null) => void;
}

/** The quality report of the model's SAEs, and two SAEs side by side. */
export class QualityPanels extends OpenPanels<QualityLife> {
  #measuring: JobSummary | null = null;

  constructor(ports: QualityPanelsPorts) {
    const { extensionUri, folders } = ports;
    super({
      ...{ extensionUri, folders, name: 'quality', title: 'SAE Quality' },
      viewType: 'featurescope.quality',
      isBeside: false,
      make: (shell) => {
        const life = qualityLife(ports, shell);
        life.measuring(this.#measuring);
        return life;
      },
    });
  }

  /** What a job has measured is there when it has ended, also when it was cancelled. */
  jobsChanged(jobs: readonly JobSummary[]): void {
    const before = this.#measuring;
    this.#measuring = jobs.find(isMeasuring) ?? null;
    if (before === null && this.#measuring === null) return;
    for (const life of this.lives) life.measuring(this.#measuring);
    if (this.#measuring === null) this.recover();
  }

  recover(): void {
    for (const { refresh } of this.lives) refresh();
  }
}

const isMeasuring = ({ kind, state, isElsewhere }: JobSummary): boolean =>
  kind === pictureFitKind && !isElsewhere && ['queued', 'running', 'paused'].includes(state);

function qualityLife(ports: QualityPanelsPorts, shell: PanelShell): QualityLife {
  const { engine, model, report } = ports;
  let state: QualityState = {
    modelTitle: '',
    isEmbedded: model.isEmbedded,
    reports: null,
    pictures: [],
    comparison: { kind: 'none' },
    measuring: null,
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
      // Measurements that cannot be read leave the rest of the report in place.
      set({ pictures: await engine.request(listPictureFits, { modelDir: model.dir }) });
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
    table.handle(qualityMeasure, async () => {
      await ports.measure();
      return null;
    });
    table.handle(qualityCancelMeasure, async () => {
      const { measuring } = state;
      if (measuring) await engine.request(cancelJob, { jobId: measuring.jobId });
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
    measuring: (job) => {
      set({ measuring: job });
    },
    push: () => {
      shell.notify(qualityChanged, state);
    },
    dispose: () => {
      comparing.abort();
    },
  };
}
