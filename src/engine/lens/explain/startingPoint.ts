import * as z from 'zod';
import type { StartingPoint } from '../../../protocol/explain.ts';

/**
 * What another tool wrote about how it made a picture: AUTOMATIC1111's `parameters` (PNG) or EXIF comment (JPEG, WebP),
 * ComfyUI's `prompt`. It is a starting point, never a replay: sampler, noise and model are that tool's own.
 *
 * @param texts of the file, by keyword
 * @returns null when there is none that can be read
 * @source AUTOMATIC1111/stable-diffusion-webui wiki "Features: PNG info" and `infotext_utils.py`; ComfyUI `nodes.py`
 *   (SaveImage) and the API format of its prompts
 */
export function startingPointOf(texts: Readonly<Record<string, string>>): StartingPoint | null {
  const comfy = texts['prompt'] ?? withoutPrefix(texts['Model'], 'prompt:');
  if (comfy !== undefined) {
    const point = ofComfy(comfy);
    if (point) return point;
  }
  const parameters = texts['parameters'] ?? texts['UserComment'];
  return parameters === undefined ? null : ofAutomatic(parameters);
}

const withoutPrefix = (text: string | undefined, prefix: string): string | undefined =>
  text?.startsWith(prefix) ? text.slice(prefix.length) : undefined;

const negativeMark = 'Negative prompt:';

/** The prompt, `Negative prompt: ...`, and a last line `Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, ...`. */
function ofAutomatic(text: string): StartingPoint | null {
  const lines = text.trim().split(/\r?\n/);
  const last = lines.at(-1) ?? '';
  if (!/(^|, )Steps: \d/.test(last)) return null;
  const words = lines.slice(0, -1);
  const negativeAt = words.findIndex((line) => line.startsWith(negativeMark));
  const until = negativeAt < 0 ? words.length : negativeAt;
  const negative = negativeAt < 0 ? [] : words.slice(negativeAt);
  const fields = fieldsOf(last);
  return {
    tool: 'AUTOMATIC1111',
    prompt: words.slice(0, until).join('\n').trim(),
    negativePrompt: negative.join('\n').slice(negativeMark.length).trim(),
    ...numberField('seed', fields.get('Seed')),
    ...numberField('steps', fields.get('Steps')),
    ...numberField('guidanceScale', fields.get('CFG scale')),
    ...textField('sampler', fields.get('Sampler')),
    ...textField('model', fields.get('Model')),
  };
}

/** `Key: value` with commas between; a value with commas in it is quoted as JSON. */
function fieldsOf(line: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [, key = '', value = ''] of line.matchAll(
    /([\w][\w \-/]{0,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)/g,
  )) {
    if (!fields.has(key.trim())) fields.set(key.trim(), value.trim());
  }
  return fields;
}

const nodeSchema = z.object({
  class_type: z.string(),
  inputs: z.record(z.string(), z.unknown()),
});
type Node = z.infer<typeof nodeSchema>;
/** A value that is another node's output: its id and the output's index. */
const linkSchema = z.tuple([z.string(), z.number()]);
const linksMax = 20;

/** A graph of nodes by id. The sampler that is found first says where its texts, its model and its numbers are. */
function ofComfy(json: string): StartingPoint | null {
  const nodes = nodesOf(json);
  const sampler = [...nodes.values()].find(
    ({ inputs }) => 'positive' in inputs && ('seed' in inputs || 'noise_seed' in inputs),
  );
  if (!sampler) return null;
  const { inputs } = sampler;
  const follow = (value: unknown, key: string): unknown => {
    let at = value;
    for (let links = 0; links < linksMax; links++) {
      const link = linkSchema.safeParse(at);
      if (!link.success) return at;
      const node = nodes.get(link.data[0]);
      if (!node) return undefined;
      at =
        node.inputs[key] ??
        node.inputs['conditioning'] ??
        node.inputs['model'] ??
        node.inputs['value'];
    }
    return undefined;
  };
  const text = (value: unknown, key: string): string | undefined => {
    const found = follow(value, key);
    return typeof found === 'string' ? found : undefined;
  };
  const number = (value: unknown): string | undefined => {
    const found = follow(value, 'seed');
    return typeof found === 'number' ? String(found) : undefined;
  };
  return {
    tool: 'ComfyUI',
    prompt: text(inputs['positive'], 'text') ?? text(inputs['positive'], 'text_g') ?? '',
    negativePrompt: text(inputs['negative'], 'text') ?? text(inputs['negative'], 'text_g') ?? '',
    ...numberField('seed', number(inputs['seed'] ?? inputs['noise_seed'])),
    ...numberField('steps', number(inputs['steps'])),
    ...numberField('guidanceScale', number(inputs['cfg'])),
    ...textField('sampler', text(inputs['sampler_name'], 'sampler_name')),
    ...textField('model', text(inputs['model'], 'ckpt_name')),
  };
}

function nodesOf(json: string): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>();
  let parsed: unknown;
  try {
    // Python writes NaN, which JSON does not have.
    parsed = JSON.parse(json.replaceAll(/\bNaN\b/g, 'null'));
  } catch {
    return nodes;
  }
  if (typeof parsed !== 'object' || parsed === null) return nodes;
  for (const [id, value] of Object.entries(parsed)) {
    const node = nodeSchema.safeParse(value);
    if (node.success) nodes.set(id, node.data);
  }
  return nodes;
}

const textMax = 500;

function numberField<K extends string>(
  key: K,
  text: string | undefined,
): Partial<Record<K, number>> {
  const value = Number(text);
  const isUsable = text !== undefined && text !== '' && Number.isFinite(value) && value >= 0;
  return isUsable ? ({ [key]: value } as Record<K, number>) : {};
}

const textField = <K extends string>(
  key: K,
  text: string | undefined,
): Partial<Record<K, string>> =>
  text === undefined || text === '' ? {} : ({ [key]: text.slice(0, textMax) } as Record<K, string>);
