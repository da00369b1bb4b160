import { html, nothing, type TemplateResult } from 'lit';
import { recipeLimitsOf } from './recipeRanges.ts';
import { type Strength, type StrengthUnit, strengthUnits } from '../../src/protocol/recipe.ts';
import { significant } from '../../src/numerics/significant.ts';
import { commitField } from '../ui/commitField.ts';
import { dropdown } from '../ui/dropdown.ts';
import { slider } from '../ui/slider.ts';
import type { EditContext, SetEdit } from './editFields.ts';
import { convertStrength, sliderRange } from './recipeEdit.ts';
import { sourceLabel, unitWords } from './recipeWords.ts';

const unitLabels: Readonly<Record<StrengthUnit, string>> = {
  mean: '× mean of active',
  max: '× observed maximum',
  raw: 'raw (codes)',
};

/** How much: a factor for what is there, or a strength with its unit. */
export function strengthFields(
  context: EditContext,
  set: SetEdit,
): TemplateResult | typeof nothing {
  const { edit, host, index } = context;
  if (edit.kind === 'scale') {
    return html`<div class="strength">
      ${amountFields('Factor', edit.factor, 'factor', (factor) => {
        set({ ...edit, factor }, `factor ${index}`);
      })}
      <span class="muted">0 removes, 1 changes nothing, below 0 pushes away</span>
    </div>`;
  }
  if (edit.kind !== 'add' && edit.kind !== 'replace') return nothing;
  const { strength } = edit;
  const [source, ...others] = edit.sources;
  // Each source has its own mean: several have no common other unit.
  const known =
    source && others.length === 0
      ? context.known.find(
          (one) => one.editIndex === index && one.label === `${edit.block}/${sourceLabel(source)}`,
        )
      : undefined;
  const setStrength = (next: Strength, control: string): void => {
    set({ ...edit, strength: next }, control);
  };
  const hasMeans = host.blocks.find(({ block }) => block === edit.block)?.hasMeans ?? false;
  return html`<div class="strength">
    ${amountFields('Strength', strength.value, strength.unit, (value) => {
      setStrength({ value, unit: strength.unit }, `strength ${index}`);
    })}
    ${dropdown<StrengthUnit>({
      label: 'Unit',
      value: strength.unit,
      options: strengthUnits
        .filter((unit) => unit !== 'mean' || hasMeans || strength.unit === 'mean' || known?.mean)
        .map((unit) => ({ value: unit, label: unitLabels[unit] })),
      onChange: (unit) => {
        setStrength(convertStrength(strength, unit, known) ?? { value: 1, unit }, '');
      },
    })}
    <span class="muted">${equivalents(strength, known)}</span>
  </div>`;
}

/** The same amount in the other units, where they are known. */
function equivalents(strength: Strength, known: Parameters<typeof convertStrength>[2]): string {
  const others = strengthUnits
    .filter((unit) => unit !== strength.unit)
    .flatMap((unit) => {
      const other = convertStrength(strength, unit, known);
      return other ? [`${significant(other.value)} ${unitWords[unit]}`] : [];
    });
  return others.length > 0 ? `= ${others.join(' = ')}` : '';
}

function amountFields(
  label: string,
  value: number,
  unit: keyof typeof sliderRange,
  onChange: (value: number) => void,
): TemplateResult {
  const [min, max] = sliderRange[unit];
  return html`${slider({
    label,
    value: Math.min(max, Math.max(min, value)),
    min,
    max,
    step: (max - min) / 160,
    valueWords: `${significant(value, 4)}${unit === 'factor' ? ' ×' : ` ${unitWords[unit]}`}`,
    onInput: onChange,
  })}
  ${commitField({
    label: `Exact ${label.toLowerCase()}`,
    value: String(value),
    onCommit: (text) => {
      const next = Number(text.replace(',', '.'));
      const limit = recipeLimitsOf(unit);
      if (text !== '' && Math.abs(next) <= limit) onChange(next);
    },
    problem: undefined,
  })}`;
}
