import type { AcceptanceRecord, FitFigures } from '../../src/protocol/saes.ts';
import {
  encodes,
  figureCells,
  figureHeads,
  readingNames,
  settingsWords,
  verdictWords,
} from './words.ts';

interface Row {
  /** 1 is the first; empty for all steps. */
  readonly step: string;
  readonly readAs: string;
  readonly description: string;
  readonly figures: FitFigures;
}

/** Every line of figures of a report: its steps, all steps as declared, and the other readings. */
const rowsOf = ({ perStep, overall, readings }: AcceptanceRecord): readonly Row[] => [
  ...perStep.map(({ stepIndex, figures }) => ({
    step: String(stepIndex + 1),
    readAs: 'as-declared',
    description: '',
    figures,
  })),
  { step: '', readAs: 'as-declared', description: '', figures: overall },
  ...readings.map(({ name, description, figures }) => ({
    step: '',
    readAs: name,
    description,
    figures,
  })),
];

/** With every number, unrounded. */
export function csvOf(record: AcceptanceRecord): string {
  const head =
    'sae,sha256,block,step,defect,readWith,rSquared,explainedVariance,l0,deadShare,cells,verdict';
  const fixed = [record.saeId, record.sha256, record.blockPath];
  const lines = rowsOf(record).map(({ step, readAs, description, figures }) =>
    [
      ...fixed,
      step,
      readAs,
      description,
      figures.rSquared ?? '',
      figures.explainedVariance ?? '',
      figures.l0,
      figures.deadShare,
      figures.cellCount,
      record.verdict.status,
    ]
      .map(csvField)
      .join(','),
  );
  return `${[head, ...lines].join('\n')}\n`;
}

/** Quoted where it has to be; what a spreadsheet would take for a formula is none. */
function csvField(value: string | number): string {
  const text = String(value);
  const isFormula = typeof value === 'string' && /^[=+\-@\t]/.test(text);
  const safe = isFormula ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** For a paper's appendix or an issue. */
export function markdownOf(record: AcceptanceRecord): string {
  const { verdict, formulas, settings } = record;
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] => [
    `| ${heads.join(' | ')} |`,
    `|${heads.map((head) => ((figureHeads as readonly string[]).includes(head) ? '---:|' : '---|')).join('')}`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ];
  return [
    `## SAE ${record.saeId}: ${verdictWords[verdict.status].toLowerCase()}`,
    '',
    verdict.text,
    '',
    `Model ${record.modelId}, \`${record.blockPath}\`, ${record.rule}, encodes ${encodes(record.target)}; ${settingsWords(record)}; ${record.createdAt}.`,
    `Weights: sha256 \`${record.sha256}\``,
    '',
    ...table(
      ['Step', ...figureHeads],
      record.perStep.map((step) => [String(step.stepIndex + 1), ...figureCells(step.figures)]),
    ),
    '',
    ...table(
      ['What may be wrong', 'Read with', ...figureHeads],
      [
        [readingNames['as-declared'] ?? '', '', ...figureCells(record.overall)],
        ...record.readings.map(({ name, description, figures }) => [
          readingNames[name] ?? name,
          description,
          ...figureCells(figures),
        ]),
      ],
    ),
    '',
    `- R²: ${formulas.rSquared}`,
    `- EV: ${formulas.explainedVariance}`,
    '',
    'Prompts:',
    '',
    ...settings.prompts.map((prompt) => `1. ${prompt}`),
    '',
  ].join('\n');
}
