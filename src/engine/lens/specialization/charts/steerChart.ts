import { countText } from '../../../../protocol/countText.ts';
import { benjaminiHochberg } from '../../../../numerics/benjaminiHochberg.ts';
import { normalTail } from '../../../../numerics/distributions.ts';
import type { Chart, ChartFacet, ChartMark } from '../../../../protocol/specialization.ts';
import { type Crossed, crossedBootstrap, type Interval, intervalOf } from '../crossedBootstrap.ts';
import { steeringDose } from '../reportEdits.ts';
import { editPrompts } from '../reportManifest.ts';
import { type DriftRow, rowKey, type SteerRow } from '../reportRows.ts';
import { type ChartData, fitNote, mark, markKey } from './chartData.ts';

type Arm = 'features' | 'random directions' | 'difference';

interface Cell {
  readonly b: number;
  readonly f: number;
  readonly n: string;
  readonly classes: readonly string[];
  readonly intervals: Readonly<Record<Arm, Interval>>;
  /** Of a difference as large by chance. */
  readonly p: number;
}

const rate = 0.05;

/** The colours of all tables reach from the largest down to the largest up, and at least so far. */
const shownMin = 0.5;

/** Chart 5: whether adding the features that go with a factor makes the classifier see it. */
export function steerChart(data: ChartData): Chart | undefined {
  const { manifest, rows } = data;
  const { settled } = manifest;
  const { blocks, featureCount, classifier, seed } = settled;
  const factors = classifier?.factors ?? [];
  const slots = Array.from({ length: featureCount }, (_, slot) => slot);
  const steerOf = (block: string, prompt: number, factor: string, slot: number) => {
    const row = rows.get(rowKey({ kind: 'steer', block, prompt, factor, slot }));
    return row?.kind === 'steer' ? row : undefined;
  };
  const driftOf = (block: string, prompt: number, slot: number): DriftRow | undefined => {
    const row = rows.get(rowKey({ kind: 'drift', block, prompt, slot }));
    return row?.kind === 'drift' ? row : undefined;
  };
  const prompts = editPrompts(settled).filter((prompt) =>
    blocks.every((block) =>
      slots.every(
        (slot) =>
          driftOf(block, prompt, slot) &&
          factors.every(({ name }) => steerOf(block, prompt, name, slot)),
      ),
    ),
  );
  if (prompts.length < 2) return undefined;
  const cells = blocks.flatMap((block, b) =>
    factors.flatMap(({ name: factor, classes }, f): Cell[] => {
      const aimed = slots.flatMap((slot): SteerRow[] => {
        const first = steerOf(block, prompts[0] ?? 0, factor, slot);
        return first && first.feature !== null ? [first] : [];
      });
      if (aimed.length < 2) return [];
      const features = aimed.map(({ slot }) =>
        prompts.map((prompt) => steerOf(block, prompt, factor, slot)?.delta ?? 0),
      );
      const controls = aimed.map(({ slot, name }) =>
        prompts.map((prompt) => {
          const index = classes.indexOf(name ?? '');
          return driftOf(block, prompt, slot)?.deltas[factor]?.[index] ?? 0;
        }),
      );
      const own = intervalsOf(features, controls, seed);
      const unit = countText(aimed.length, 'feature');
      const n = `${unit} x ${countText(prompts.length, 'prompt')}`;
      const names = [...new Set(aimed.flatMap(({ name }) => name ?? []))];
      return [{ b, f, n, classes: names, ...own }];
    }),
  );
  if (cells.length === 0) return undefined;
  const q = benjaminiHochberg(cells.map(({ p }) => p));
  const sizes = cells.flatMap(({ intervals }) =>
    Object.values(intervals).map(({ value }) => value),
  );
  const most = Math.max(shownMin, ...sizes.map(Math.abs));
  const facet = (arm: Arm, title: string): ChartFacet => ({
    ...{ title, xTitle: 'Block', yTitle: 'Δ logit', kind: 'heat', columns: blocks },
    range: [-most, most],
    series: factors.map(({ name: factor }, f) => ({
      ...{ name: factor, isControl: arm === 'random directions' },
      marks: cells.flatMap((cell, i): ChartMark[] => {
        if (cell.f !== f) return [];
        const block = blocks[cell.b] ?? '';
        const key =
          arm === 'random directions'
            ? markKey({ kind: 'drift', block })
            : markKey({ kind: 'steer', block, factor });
        const note = `${cell.classes.join(', ')}; ${fitNote(manifest, block)}`;
        const isSpecial = arm === 'difference' && (q[i] ?? 1) <= rate;
        return [mark(cell.b, cell.intervals[arm], cell.n, { key, note, isSpecial })];
      }),
    })),
  });
  const facets = [
    facet('features', 'Features that go with the factor'),
    facet('random directions', 'Random directions'),
    facet('difference', 'Features minus random directions'),
  ];
  return {
    id: 5,
    title: 'What the classifier sees when features are added',
    formula:
      `Δ logit = ln(p / (1 - p)) of a class in the picture with the feature added everywhere, minus that in the unedited picture (p kept within 0.0001 and 0.9999), by the model’s own classifier ${classifier?.sha256.slice(0, 12) ?? ''}…. ` +
      `Added at dose ${steeringDose(settled)} (‖δ‖ / rms‖ΔD‖, ΔD over the choosing prompts), at all steps. A cell has up to ${featureCount} features: to each class that is seen in five of ${countText(settled.scenes.pictures.length, 'further picture')}, in turn, the features whose mean code correlates best with the class’s logit there; ` +
      'each is measured on its own class, in the pictures of other prompts. Where the classifier answers by cell, a class counts by the mean of its four likeliest cells. Control: random directions of the same norm, ' +
      'added everywhere, measured on the same classes. Intervals: 95 %, bootstrap over features and prompts as crossed factors. * : the difference is not 0 (normal approximation), false discovery rate 5 % over all cells. ' +
      'Cells in which fewer than two features go with a seen class are left out.',
    finding: findingOf(facets[2], cells.length),
    facets,
  };
}

function intervalsOf(
  features: Crossed,
  controls: Crossed,
  seed: number,
): Pick<Cell, 'intervals' | 'p'> {
  const differences = features.map((row, i) => row.map((value, j) => value - (controls[i]?.[j] ?? 0))); // prettier-ignore
  const { means, deviations } = crossedBootstrap([[features, controls, differences]], seed);
  const [own, random, difference] = means.map((value, k) =>
    intervalOf(
      value,
      deviations.map((each) => each[k] ?? 0),
    ),
  );
  const nothing: Interval = { value: 0, low: 0, high: 0 };
  const moved = deviations.map((each) => each[2] ?? 0);
  const spread = Math.sqrt(moved.reduce((sum, value) => sum + value * value, 0) / moved.length);
  const size = Math.abs(difference?.value ?? 0);
  return {
    intervals: {
      features: own ?? nothing,
      'random directions': random ?? nothing,
      difference: difference ?? nothing,
    },
    p: spread > 1e-12 ? Math.min(1, 2 * normalTail(size / spread)) : 1,
  };
}

function findingOf(difference: ChartFacet | undefined, cellCount: number): string {
  const special = (difference?.series ?? []).flatMap(({ name, marks }) =>
    marks
      .filter(({ isSpecial }) => isSpecial)
      .map(({ x, y }) => ({ y, text: `${name} in ${difference?.columns?.[x] ?? ''}` })),
  );
  const [more, less] = [special.filter(({ y }) => y > 0), special.filter(({ y }) => y < 0)];
  if (special.length === 0) {
    return `In none of ${cellCount} cells does adding features make the classifier see their factor more than random directions do (false discovery rate 5 %).`;
  }
  const best = [...more].sort((a, b) => b.y - a.y)[0];
  const most = best ? `, most of all ${best.text} (${best.y.toFixed(1)})` : '';
  const counter = less.length > 0 ? `; less in ${less.length}` : '';
  return `In ${more.length} of ${cellCount} cells adding features makes the classifier see their factor more than random directions do (false discovery rate 5 %)${most}${counter}.`;
}
