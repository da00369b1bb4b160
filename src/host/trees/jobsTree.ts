import {
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
} from 'vscode';
import type { JobState, JobSummary } from '../../protocol/jobs.ts';
import type { JobList } from '../jobs/jobList.ts';
import { jobDescription, jobStateText, jobTooltip } from '../jobs/jobWords.ts';

export interface JobNode {
  readonly kind: 'job';
  readonly job: JobSummary;
}

export const isJobNode = (target: unknown): target is JobNode =>
  typeof target === 'object' && target !== null && (target as JobNode).kind === 'job';

const icons: Readonly<Record<JobState, ThemeIcon>> = {
  queued: new ThemeIcon('clock'),
  running: new ThemeIcon('sync~spin'),
  paused: new ThemeIcon('debug-pause'),
  interrupted: new ThemeIcon('debug-disconnect', new ThemeColor('list.warningForeground')),
  done: new ThemeIcon('check'),
  failed: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
  cancelled: new ThemeIcon('circle-slash'),
};

/** Long work, newest first. It draws what the list has. */
export class JobsTree implements TreeDataProvider<JobNode> {
  readonly #list: JobList;
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: JobList) {
    this.#list = list;
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  async getChildren(node?: JobNode): Promise<JobNode[]> {
    if (node) return [];
    if (this.#list.state === 'unread') await this.#list.reload();
    return this.#list.jobs.map((job) => ({ kind: 'job', job }));
  }

  getTreeItem({ job }: JobNode): TreeItem {
    const item = new TreeItem(job.title, TreeItemCollapsibleState.None);
    item.id = job.jobId;
    item.description = jobDescription(job);
    item.tooltip = jobTooltip(job);
    item.iconPath = icons[job.state];
    item.contextValue = `job ${job.isElsewhere ? 'elsewhere' : job.state}${job.result?.path === undefined ? '' : ' path'}`;
    item.accessibilityInformation = {
      label: `${job.title}, ${jobStateText(job)}, ${jobDescription(job)}`,
    };
    return item;
  }
}
