import { countText } from '../../../../protocol/countText.ts';
import type { Chart, ChartFacet } from '../../../../protocol/specialization.ts';
import { blockSpecialization, specializationFormula } from '../blockSpecialization.ts';
import { crossedIntervals } from '../crossedBootstrap.ts';
import { atMatchedEffect, commonEffect, type DoseEffects } from '../matchedEffect.ts';
import { changeFactors, changeFormulas } from '../pictureChanges.ts';
import type { EditRow } from '../reportRows.ts';
import { type ChartData, crossedOf, fitNote, mark, slotsOf } from './chartData.ts';

const words = { layout: 'Layout', colour: 'Colour', texture: 'Texture' } as const;
const units = {
  layout: '1 - IoU of foregrounds',
  colour: 'mean ΔE2000',
  texture: 'gradient distance',
} as const;
const arms = ['feature', 'random'] as const;

/** Chart 3: what an edit changes, at the same total effect in all blocks; and whether blocks differ in it. */
export function changesChart(data: ChartData): Chart | undefined {
  const { manifest } = data;
  const { blocks, doses, seed } = manifest.settled;
  const prompts = data.editedPrompts.filter((prompt) => !hasUnknownColour(data, prompt));
  if (prompts.length < 2) return undefined;
  const armOf = (block: string, arm: (typeof arms)[number]): readonly DoseEffects[] =>
    doses.map((dose) => {
      const figure = (of: (row: EditRow) => number) =>
        crossedOf(data, prompts, { block, arm, dose }, of);
      return {
        dose,
        total: figure((row) => row.pixel),
        figures: changeFactors.map((factor) => figure((row) => row[factor] ?? 0)),
      };
    });
  const measured = arms.map((arm) => blocks.map((block) => armOf(block, arm)));
  const effect = commonEffect(measured.flat());
  const matched = measured.map((list) =>
    list.flatMap((each) => atMatchedEffect(each, effect) ?? []),
  );
  if (!(effect > 0) || matched.some((list) => list.length < blocks.length)) return undefined;
  const n = `${countText(Math.min(...blocks.map((block) => slotsOf(manifest, block).length)), 'feature')} x ${countText(prompts.length, 'prompt')}`;
  const nearest = (dose: number): number =>
    [...doses].sort((a, b) => Math.abs(a - dose) - Math.abs(b - dose))[0] ?? dose;
  const bars = changeFactors.map((factor, k): ChartFacet => ({
    ...{ title: words[factor], xTitle: 'Block', yTitle: units[factor], kind: 'bars' },
    columns: blocks,
    series: arms.map((arm, a) => ({
      name: arm === 'feature' ? 'features' : 'random directions',
      isControl: arm === 'random',
      marks: crossedIntervals(
        (matched[a] ?? []).map(({ figures }) => figures[k] ?? []),
        seed,
      ).map((interval, b) => {
        const block = blocks[b] ?? '';
        const dose = matched[a]?.[b]?.dose ?? 0;
        return mark(b, interval, n, {
          key: `edit ${block} ${arm} ${nearest(dose)}`,
          note: `dose ${dose.toFixed(2)}; ${fitNote(manifest, block)}`,
        });
      }),
    })),
  }));
  const [effects = [], controls = []] = matched.map((list) => list.map(({ figures }) => figures));
  const { cells, isAny } = blockSpecialization(effects, controls, seed);
  const heat = (title: string, yTitle: string, of: 'interaction' | 'profile'): ChartFacet => ({
    ...{ title, xTitle: 'Factor', yTitle, kind: 'heat' },
    columns: changeFactors.map((factor) => words[factor]),
    series: cells.map((row, b) => ({
      name: blocks[b] ?? '',
      block: blocks[b] ?? '',
      isControl: false,
      marks: row.map((cell, k) =>
        mark(k, cell[of], n, {
          ...(of === 'interaction' && { isSpecial: cell.isSpecial }),
          key: `edit ${blocks[b] ?? ''} feature ${nearest(matched[0]?.[b]?.dose ?? 0)}`,
        }),
      ),
    })),
  });
  const unit = 'in mean effects of the factor';
  const table = heat('Specialization', `interaction, ${unit}`, 'interaction');
  const profile = heat('Against random directions', `features - random directions, ${unit}`, 'profile'); // prettier-ignore
  const special = table.series.flatMap(({ name, marks }) =>
    marks
      .filter(({ isSpecial }) => isSpecial)
      .map(({ x, y }) => `${name} changes ${changeFactors[x] ?? ''} ${y > 0 ? 'more' : 'less'}`),
  );
  const left = data.editedPrompts.length - prompts.length;
  return {
    id: 3,
    title: 'What an edit changes, by block',
    formula:
      `At matched total effect (mean |Δ| ${effect.toFixed(2)} of 255 in every block and arm; between two doses as a straight line). ` +
      changeFactors.map((factor) => `${words[factor]}: ${changeFormulas[factor]}.`).join(' ') +
      ` Specialization: ${specializationFormula}. Intervals: 95 %, bootstrap over features and prompts as crossed factors. Seeds are no replicates.` +
      (left > 0
        ? ` ${countText(left, 'prompt')} left out: in one of its pictures no pixel stayed in place.`
        : ''),
    finding: isAny
      ? `Against random directions, and beyond what block and factor do by themselves: ${special.join('; ')} (95 %, all ${cells.flat().length} cells together).`
      : `No specialization is shown: none of the ${cells.flat().length} cells differs from what random directions of the same norm and map do in the same block (95 %, all cells together).`,
    facets: [...bars, table, profile],
  };
}

/** Somewhere in one of a prompt's pictures no pixel stayed in place: then colour is not known. */
function hasUnknownColour({ rows }: ChartData, prompt: number): boolean {
  for (const row of rows.values()) {
    if (row.kind === 'edit' && row.prompt === prompt && row.arm !== 'flip' && row.colour === null) {
      return true;
    }
  }
  return false;
}
