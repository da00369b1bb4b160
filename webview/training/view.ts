import { countText } from '../../src/protocol/countText.ts';
import { html, nothing, type TemplateResult } from 'lit';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import type { TrainingView } from '../../src/protocol/training.ts';
import type { TrainingCommand } from '../../src/protocol/trainingPanel.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { jobHead, jobTroubles } from '../shared/jobHead/jobHead.ts';
import { toyNote } from '../shared/toyNote.ts';
import { button } from '../ui/button.ts';
import { chart, figures } from './chart.ts';
import { figuresTable, pointsTable } from './figureTables.ts';
import { mostlyDead, type PanelState } from './state.ts';

export interface TrainingParts {
  readonly run: (command: TrainingCommand) => void;
  readonly act: (action: ProblemAction | 'showLog') => void;
  readonly copyCsv: () => void;
  readonly point: (index: number | null) => void;
}

/** How a training goes: its job, and loss, EV, L0 and dead share of each SAE. */
export function trainingView(state: PanelState, parts: TrainingParts): TemplateResult {
  const { host } = state;
  return html`<h1>SAE training</h1>
    ${jobTroubles(state.host, state.trouble, 'The training failed', parts)}
    ${host ? content(state, parts) : waiting('Reading the training…')}`;
}

const waiting = (text: string): TemplateResult => html`<p class="muted" role="status">${text}</p>`;

function content({ host, pointed, said }: PanelState, parts: TrainingParts): unknown {
  if (!host) return nothing;
  const { jobId, job, isRemoved, training } = host;
  if (jobId === null || (isRemoved && !training)) {
    return emptyState({
      title: jobId === null ? 'No training is shown' : 'This training is no longer listed',
      text: 'A training learns SAEs from the updates that Collect Activations has kept; its loss and what it explains are drawn here while it runs.',
      actionLabel: 'Train SAE…',
      onAct: () => {
        parts.run('train');
      },
    });
  }
  const isUsable = job?.state === 'done' && (training?.trained.length ?? 0) > 0;
  return html`${
    job
      ? jobHead(job, {
          resumeWords: 'goes on from the last checkpoint',
          buttons: [
            ['use', 'Use It…', isUsable],
            ['index', 'Index It…', isUsable],
          ],
          run: parts.run,
        })
      : nothing
  }
  ${training && job?.state === 'done' ? deadNote(training) : nothing}
  ${training ? curves(training, pointed, said, parts) : waiting('Reading its figures…')}`;
}

/** A table's last column is easily overlooked. */
function deadNote(training: TrainingView): TemplateResult | typeof nothing {
  const dead = mostlyDead(training);
  if (dead.length === 0) return nothing;
  const shares = dead.map(({ sae, share }) => `${String(Math.round(share * 100))} % of ${sae}`);
  return html`<p role="note">
    Many features ended dead: ${shares.join(', ')}. A longer training (Length), more pictures or
    fewer features leave fewer.
  </p>`;
}

function curves(
  training: TrainingView,
  pointed: number | null,
  said: string,
  parts: TrainingParts,
): TemplateResult {
  const { points, plan, pointCount } = training;
  if (!plan || points.length === 0) {
    return waiting('Figures are measured every few steps; the first ones are not there yet.');
  }
  const few =
    points.length < pointCount
      ? ` ${points.length.toLocaleString('en')} of ${pointCount.toLocaleString('en')} measured points are drawn.`
      : '';
  return html`${figuresTable(training, pointed)}
    <div class="charts">
      ${figures.map((figure) => chart(figure, training, pointed, parts.point))}
    </div>
    <p class="muted">
      Each point is one batch of ${plan.batchSize.toLocaleString('en')} cells, so it jumps; the
      figures at the end are of many. A feature is dead after
      ${countText(plan.deadAfterSteps, 'step')} without a firing.${few}
    </p>
    ${toyNote(training.isEmbedded)}
    <div class="buttons">
      ${button({ label: 'Copy CSV', onClick: parts.copyCsv })}
      <span class="muted" role="status">${said}</span>
    </div>
    <details>
      <summary>Show as table</summary>
      ${pointsTable(training)}
    </details>`;
}
