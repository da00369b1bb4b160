import type { Edit, EditSource } from '../../../protocol/recipe.ts';

/** An edit as a person would say it: "remove up.0.1/123, at steps 1, 2, in a mask". */
export function editWords(edit: Edit): string {
  const where = [
    ...(edit.steps ? [`at steps ${edit.steps.map((step) => step + 1).join(', ')}`] : []),
    ...(edit.mask ? ['in a mask'] : []),
  ];
  return [whatWords(edit), ...where].join(', ');
}

function whatWords(edit: Edit): string {
  const { block } = edit;
  const names = 'sources' in edit ? edit.sources.map((one) => `${block}/${sourceWords(one)}`) : [];
  const list = names.join(' + ');
  switch (edit.kind) {
    case 'scale':
      return edit.factor === 0 ? `remove ${list}` : `scale ${list} × ${String(edit.factor)}`;
    case 'add':
      return `add ${String(edit.strength.value)} ${edit.strength.unit} of ${list}`;
    case 'replace':
      return `replace by ${String(edit.strength.value)} ${edit.strength.unit} of ${list}`;
    case 'keepOnly':
      return `keep only ${list}`;
    case 'reconstruct':
      return `reconstruct ${block}${edit.withError ? ' with its error' : ''}`;
    case 'ablate':
      return `ablate ${block}`;
    case 'swap':
      return `swap ${block} with that of another picture`;
    case 'addMap':
      return `add a map of ${list}`;
  }
}

function sourceWords(source: EditSource): string {
  if ('feature' in source) return String(source.feature);
  return 'channel' in source ? `channel ${String(source.channel)}` : source.name;
}
