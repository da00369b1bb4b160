import { Dispatcher } from '../../protocol/dispatcher.ts';
import {
  galleryChanged,
  gallerySearch,
  gallerySnapshot,
  type GalleryState,
} from '../../protocol/galleryPanel.ts';
import { searchFeatures } from '../../protocol/indexSearch.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { Report } from '../report.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import { panelPicture } from './panelPictures.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { type PanelServicePorts, servePanel } from './panelServices.ts';

export type GalleryPanelsPorts = PanelServicePorts &
  Pick<PanelShellOptions, 'extensionUri' | 'folders'> & {
    readonly model: CurrentModel;
    readonly report: Report;
  };

interface GalleryLife extends PanelLife {
  readonly want: (block: string) => void;
  readonly refresh: () => void;
}

/** The feature gallery: one panel over all indexed blocks. */
export class GalleryPanels extends OpenPanels<GalleryLife> {
  constructor(ports: GalleryPanelsPorts) {
    const { extensionUri, folders } = ports;
    super({
      ...{ extensionUri, folders, name: 'gallery', title: 'Feature Gallery' },
      viewType: 'featurescope.gallery',
      isBeside: false,
      make: (shell) => galleryLife(ports, shell),
    });
  }

  /** @param block shows this one */
  open(block?: string): void {
    const life = this.show();
    if (block !== undefined) life.want(block);
  }

  recover(): void {
    for (const { refresh } of this.lives) refresh();
  }
}

function galleryLife(ports: GalleryPanelsPorts, shell: PanelShell): GalleryLife {
  const { engine, model, indexes, labels, choice, report } = ports;
  let read: Pick<GalleryState, 'blocks' | 'isRead' | 'modelTitle'> = {
    blocks: [],
    isRead: false,
    modelTitle: '',
  };
  let problem: Problem | null = null;
  let wanted: GalleryState['wanted'] = null;
  let refreshCount = 0;
  const state = (): GalleryState => ({
    ...read,
    ...{ pinned: choice.pinned, lists: labels.lists.map(({ name }) => name), wanted, problem },
    revision: labels.revision + refreshCount,
  });
  const refresh = async (): Promise<void> => {
    refreshCount++;
    try {
      void labels.readLists();
      const [list, { title }] = await Promise.all([indexes.inUse(), model.describe()]);
      read = {
        blocks: list.map(({ block, nFeatures, pictureCount }) => ({
          ...{ block, nFeatures, pictureCount },
        })),
        isRead: true,
        modelTitle: title,
      };
      problem = null;
    } catch (error) {
      problem = report.problem(error) ?? null;
    }
    shell.changed();
  };
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    servePanel(table, ports, (path) => shell.uriOf(path));
    table.handle(gallerySnapshot, () => state());
    table.handle(gallerySearch, async (query) => {
      const params = { modelDir: model.dir, ...labels.place, ...query };
      const result = await engine.request(searchFeatures, params);
      const rows = result.rows.map(({ best, ...row }) => ({
        ...row,
        best: best && panelPicture(best, (path) => shell.uriOf(path)),
      }));
      return { ...result, rows };
    });
    return table;
  };
  void refresh();
  return {
    dispatcher,
    refresh: () => void refresh(),
    want: (block) => {
      wanted = { block, count: (wanted?.count ?? 0) + 1 };
      shell.changed();
    },
    push: () => {
      shell.notify(galleryChanged, state());
    },
    dispose: () => undefined,
  };
}
