import { intAttribute, intsAttribute, readSmallTensor } from './constants.ts';
import { declaredType } from './declaredType.ts';
import { elementType } from './elementTypes.ts';
import { layoutRules } from './layoutRules.ts';
import { type Rule, typed } from './shapeRule.ts';
import { broadcast, type Dim } from './valueTypes.ts';

const like: Rule = (c) => {
  const type = c.type(0);
  if (type) c.set(0, type, c.node.opType === 'Identity' ? c.elements(0) : undefined);
};
/** Elementwise with broadcasting; shape arithmetic on plain numbers is carried out. */
const elementwise =
  (type?: number, compute?: (a: number, b: number) => number): Rule =>
  (c) => {
    const a = c.type(0);
    const b = c.type(1);
    if (!a) return;
    const dims = broadcast(a.dims, b?.dims);
    const [x, y] = [c.elements(0), c.elements(1)];
    const isInteger = a.elementType === elementType.int64 || a.elementType === elementType.int32;
    const isPair =
      compute && isInteger && x && y && (x.length === y.length || x.length === 1 || y.length === 1);
    const result = isPair
      ? Array.from({ length: Math.max(x.length, y.length) }, (_, i) => {
          const [p, q] = [x[x.length === 1 ? 0 : i], y[y.length === 1 ? 0 : i]];
          return typeof p === 'number' && typeof q === 'number' ? compute(p, q) : undefined;
        })
      : undefined;
    c.set(0, typed(type ?? a.elementType, dims), result);
  };

const conv: Rule = (c) => {
  const [x, w] = [c.type(0), c.type(1)];
  if (!x) return;
  const kernel = w?.dims?.slice(2);
  const strides = intsAttribute(c.node, 'strides');
  const pads = intsAttribute(c.node, 'pads');
  const dilations = intsAttribute(c.node, 'dilations');
  const dims = x.dims?.map((dim, i) => {
    if (i === 0) return dim;
    if (i === 1) return w?.dims?.[0];
    const size = kernel?.[i - 2];
    const n = x.dims ? x.dims.length - 2 : 0;
    if (typeof size !== 'number') return undefined;
    const span = (size - 1) * (dilations?.[i - 2] ?? 1);
    const padding = (pads?.[i - 2] ?? 0) + (pads?.[i - 2 + n] ?? 0);
    const stride = strides?.[i - 2] ?? 1;
    if (stride === 1 && padding === span) return dim;
    return typeof dim === 'number'
      ? Math.floor((dim + padding - span - 1) / stride) + 1
      : undefined;
  });
  c.set(0, typed(x.elementType, dims));
};

const gemm: Rule = (c) => {
  const [a, b] = [c.type(0), c.type(1)];
  if (!a) return;
  const row = a.dims?.[intAttribute(c.node, 'transA', 0) === 1 ? 1 : 0];
  const column = b?.dims?.[intAttribute(c.node, 'transB', 0) === 1 ? 0 : 1];
  c.set(0, { elementType: a.elementType, dims: [row, column] });
};

const matMul: Rule = (c) => {
  const [a, b] = [c.type(0), c.type(1)];
  if (!a) return;
  if (!a.dims || !b?.dims || a.dims.length < 2 || b.dims.length < 2) {
    c.set(0, { elementType: a.elementType });
    return;
  }
  const batch = broadcast(a.dims.slice(0, -2), b.dims.slice(0, -2)) ?? [];
  c.set(0, { elementType: a.elementType, dims: [...batch, a.dims.at(-2), b.dims.at(-1)] });
};

const cast: Rule = (c) => {
  const x = c.type(0);
  const dims = x?.dims;
  c.set(0, typed(intAttribute(c.node, 'to', elementType.float32), dims), c.elements(0));
};

const constant: Rule = (c) => {
  const tensor = c.node.attribute.find((a) => a.name === 'value')?.t;
  if (!tensor) return;
  const dims = tensor.dims.map(Number);
  c.set(0, { elementType: tensor.dataType, dims }, readSmallTensor(tensor));
};

const constantOfShape: Rule = (c) => {
  const tensor = c.node.attribute.find((a) => a.name === 'value')?.t;
  const rank = c.type(0)?.dims?.[0];
  const dims =
    c.elements(0) ?? (typeof rank === 'number' ? Array<Dim>(rank).fill(undefined) : undefined);
  c.set(0, typed(tensor?.dataType ?? elementType.float32, dims));
};

const where: Rule = (c) => {
  const [condition, a, b] = [c.type(0), c.type(1), c.type(2)];
  if (a) c.set(0, typed(a.elementType, broadcast(condition?.dims, broadcast(a.dims, b?.dims))));
};

/** As the first branch declares it; its symbols mean nothing outside. */
const conditional: Rule = (c) => {
  const branch = c.node.attribute.find((a) => a.name === 'then_branch')?.g;
  branch?.output.forEach((info, index) => {
    const type = declaredType(info);
    const dims = type?.dims?.map((dim) => (typeof dim === 'number' ? dim : undefined));
    if (type) c.set(index, typed(type.elementType, dims));
  });
};

const sameType = [
  'Sigmoid Erf Sqrt Sin Cos Tanh Exp Neg Abs Relu LeakyRelu Gelu FastGelu QuickGelu Swish Mish Clip Floor',
  'Reciprocal Identity Dropout Softmax LayerNormalization SimplifiedLayerNormalization Log',
  'InstanceNormalization GroupNormalization BatchNormalization HardSigmoid Elu Softplus RMSNormalization',
  'MultiHeadAttention',
].flatMap((line) => line.split(' '));

/** How an operation's result follows from its inputs, for what the torch exporters make of a U-net. */
export const shapeRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...sameType.map((op): [string, Rule] => [op, like]),
  ['Add', elementwise(undefined, (a, b) => a + b)],
  ['Sub', elementwise(undefined, (a, b) => a - b)],
  ['Mul', elementwise(undefined, (a, b) => a * b)],
  ['Div', elementwise(undefined, (a, b) => Math.trunc(a / b))],
  ['Pow', elementwise()],
  ['Max', elementwise()],
  ['Min', elementwise()],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or'].map(
    (op): [string, Rule] => [op, elementwise(elementType.bool)],
  ),
  ...layoutRules,
  ['Where', where],
  ['If', conditional],
  ['Conv', conv],
  ['Gemm', gemm],
  ['MatMul', matMul],
  ['Cast', cast],
  ['Constant', constant],
  ['ConstantOfShape', constantOfShape],
]);
