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

/** The same object for as long as its job is listed: a click on its row must find it while its figures change. */
export interface JobNode {
  readonly kind: 'job';
  job: JobSummary;
}

export const isJobNode = (target: unknown): target is JobNode =>
  typeof target === 'object' && target !== null && (target as { kind?: unknown }).kind === 'job';

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
  readonly #changed = new EventEmitter<JobNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  #nodes: readonly JobNode[] = [];

  constructor(list: JobList) {
    this.#list = list;
  }

  /** Draws rows anew that have changed, and all of them only when there are others: that takes the rows from the mouse. */
  refresh(): void {
    const before = this.#nodes;
    const { jobs } = this.#list;
    const isSameList =
      jobs.length === before.length &&
      jobs.every(({ jobId }, index) => before[index]?.job.jobId === jobId);
    if (!isSameList) {
      this.#changed.fire(undefined);
      return;
    }
    const changed = before.filter((node, index) => {
      const job = jobs[index];
      if (!job || isDrawnAlike(job, node.job)) return false;
      node.job = job;
      return true;
    });
    if (changed.length > 0) this.#changed.fire(changed);
  }

  async getChildren(node?: JobNode): Promise<JobNode[]> {
    if (node) return [];
    if (this.#list.state === 'unread') await this.#list.reload();
    const known = new Map(this.#nodes.map((one) => [one.job.jobId, one]));
    const nodes = this.#list.jobs.map((job): JobNode => {
      const kept = known.get(job.jobId);
      if (kept) kept.job = job;
      return kept ?? { kind: 'job', job };
    });
    this.#nodes = nodes;
    return nodes;
  }

  getTreeItem({ job }: JobNode): TreeItem {
    const item = new TreeItem(job.title, TreeItemCollapsibleState.None);
    item.id = job.jobId;
    item.description = jobDescription(job);
    item.tooltip = jobTooltip(job);
    item.iconPath = icons[job.state];
    item.contextValue = `job ${job.isElsewhere ? 'elsewhere' : job.state} ${job.kind}${job.result?.path === undefined ? '' : ' path'}`;
    item.accessibilityInformation = {
      label: `${job.title}, ${jobStateText(job)}, ${jobDescription(job)}`,
    };
    return item;
  }
}

const isDrawnAlike = (left: JobSummary, right: JobSummary): boolean =>
  left.state === right.state &&
  left.isElsewhere === right.isElsewhere &&
  jobTooltip(left) === jobTooltip(right);
