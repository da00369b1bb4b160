import { intAttribute, intsAttribute } from './constants.ts';
import { elementType } from './elementTypes.ts';
import { axisOf, numbers, type Rule, typed } from './shapeRule.ts';
import { broadcast, type Dim } from './valueTypes.ts';

const reshape: Rule = (c) => {
  const x = c.type(0);
  if (!x) return;
  const shape = c.elements(1);
  const rank = c.type(1)?.dims?.[0];
  const unknown = typeof rank === 'number' ? Array<Dim>(rank).fill(undefined) : undefined;
  const dims = shape
    ? shape.map((dim, i) => (dim === 0 ? x.dims?.[i] : dim === -1 ? undefined : dim))
    : unknown;
  c.set(0, typed(x.elementType, dims), c.elements(0));
};

const transpose: Rule = (c) => {
  const x = c.type(0);
  if (!x) return;
  const perm = intsAttribute(c.node, 'perm') ?? x.dims?.map((_, i) => i).reverse();
  const dims = perm?.map((i) => x.dims?.[i]);
  c.set(0, typed(x.elementType, dims));
};

const unsqueeze: Rule = (c) => {
  const x = c.type(0);
  const axes = numbers(c.elements(1)) ?? intsAttribute(c.node, 'axes');
  if (!x) return;
  if (!x.dims || !axes) {
    c.set(0, { elementType: x.elementType });
    return;
  }
  const rank = x.dims.length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(axis, rank)));
  const rest = [...x.dims];
  const dims = Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : rest.shift()));
  c.set(0, { elementType: x.elementType, dims }, rank <= 1 ? c.elements(0) : undefined);
};

const squeeze: Rule = (c) => {
  const x = c.type(0);
  if (!x) return;
  const hasAxes = c.node.input.length > 1 || c.node.attribute.length > 0;
  const ones = numbers(x.dims)?.flatMap((dim, i) => (dim === 1 ? [i] : []));
  const given = numbers(c.elements(1)) ?? intsAttribute(c.node, 'axes');
  const axes = hasAxes ? given : ones;
  if (!x.dims || !axes) {
    c.set(0, { elementType: x.elementType });
    return;
  }
  const { length: rank } = x.dims;
  const removed = new Set(axes.map((axis) => axisOf(axis, rank)));
  const dims = x.dims.filter((_, i) => !removed.has(i));
  c.set(0, { elementType: x.elementType, dims }, c.elements(0));
};

const concat: Rule = (c) => {
  const types = c.node.input.map((_, i) => c.type(i));
  const [first] = types;
  if (!first) return;
  const known = types.find((type) => type?.dims)?.dims;
  const axis = known ? axisOf(intAttribute(c.node, 'axis', 0), known.length) : 0;
  const dims = known?.map((dim, i) => {
    const all = types.map((type) => type?.dims?.[i]);
    if (i !== axis) return all.find((d) => typeof d === 'number') ?? dim;
    return numbers(all)?.reduce((a, b) => a + b, 0);
  });
  const parts = types.map((_, i) => c.elements(i));
  const elements =
    known?.length === 1 && parts.every((p) => p) ? parts.flatMap((p) => p ?? []) : undefined;
  c.set(0, typed(first.elementType, dims), elements);
};

const slice: Rule = (c) => {
  const x = c.type(0);
  if (!x) return;
  const [starts, ends, steps] = [1, 2, 4].map((i) => numbers(c.elements(i)));
  const isPlain = starts?.length === 1 && ends?.length === 1 && (steps?.[0] ?? 1) === 1;
  const elements = isPlain ? c.elements(0)?.slice(starts[0], ends[0]) : undefined;
  const axes = c.node.input.length > 3 ? numbers(c.elements(3)) : starts?.map((_, i) => i);
  const rank = x.dims?.length ?? 0;
  const touched = axes ? new Set(axes.map((axis) => axisOf(axis, rank))) : undefined;
  const dims = x.dims?.map((dim, i) => (touched && !touched.has(i) ? dim : undefined));
  c.set(
    0,
    elements ? { elementType: x.elementType, dims: [elements.length] } : typed(x.elementType, dims),
    elements,
  );
};

const split: Rule = (c) => {
  const x = c.type(0);
  if (!x) return;
  const axis = axisOf(intAttribute(c.node, 'axis', 0), x.dims?.length ?? 0);
  const sizes = numbers(c.elements(1)) ?? intsAttribute(c.node, 'split');
  const whole = x.dims?.[axis];
  const { length: parts } = c.node.output;
  const equal = typeof whole === 'number' && whole % parts === 0 ? whole / parts : undefined;
  c.node.output.forEach((_, part) => {
    const dims = x.dims?.map((dim, i) => (i === axis ? (sizes ? sizes[part] : equal) : dim));
    c.set(part, typed(x.elementType, dims));
  });
};

const shape: Rule = (c) => {
  const dims = c.type(0)?.dims;
  const start = intAttribute(c.node, 'start', 0);
  const end = intAttribute(c.node, 'end', dims?.length ?? 0);
  const taken = dims?.slice(start, end);
  c.set(0, { elementType: elementType.int64, dims: [taken?.length] }, taken);
};

const gather: Rule = (c) => {
  const [x, indices] = [c.type(0), c.type(1)];
  if (!x) return;
  const axis = axisOf(intAttribute(c.node, 'axis', 0), x.dims?.length ?? 0);
  const dims =
    x.dims && indices?.dims
      ? [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)]
      : undefined;
  const [list, at] = [c.elements(0), numbers(c.elements(1))];
  const elements = list && at ? at.map((i) => list.at(i)) : undefined;
  c.set(0, typed(x.elementType, dims), elements);
};

const expand: Rule = (c) => {
  const x = c.type(0);
  const wanted = c.elements(1);
  const rank = c.type(1)?.dims?.[0];
  const other = wanted ?? (typeof rank === 'number' ? Array<Dim>(rank).fill(undefined) : undefined);
  if (x) c.set(0, typed(x.elementType, broadcast(x.dims, other)));
};

const resize: Rule = (c) => {
  const x = c.type(0);
  if (!x) return;
  const sizes = c.elements(3);
  const scales = numbers(c.elements(2));
  const dims = x.dims?.map((dim, i) => {
    if (sizes) return sizes[i];
    const scale = scales?.[i];
    if (scale === 1) return dim;
    return scale !== undefined && typeof dim === 'number' ? Math.floor(dim * scale) : undefined;
  });
  c.set(0, typed(x.elementType, dims));
};

/** Rules of the operations that move elements about, and of shape arithmetic. */
export const layoutRules: readonly (readonly [string, Rule])[] = [
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['Unsqueeze', unsqueeze],
  ['Squeeze', squeeze],
  ['Concat', concat],
  ['Slice', slice],
  ['Split', split],
  ['Shape', shape],
  ['Gather', gather],
  ['Expand', expand],
  ['Resize', resize],
];
