import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { modelError } from '../../protocol/errors.ts';

/** What untrusted graph bytes may hold; the largest real U-nets (about 7 MB, 300,000 fields) are far inside. */
const wireLimits = {
  /** Protobuf's own limit. */
  bytesMax: 2 ** 31 - 1,
  /** Fields and packed elements in all, a message counted as four; this many are read in about a second. */
  fieldsMax: 1_500_000,
  /** Messages inside messages; a graph inside an attribute of a node takes three. */
  depthMax: 64,
} as const;

type FieldShape =
  | { readonly kind: 'message'; readonly table: FieldTable }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'scalar'; readonly wireType: 0 | 1 | 5; readonly bytesMin: 1 | 4 | 8 };
interface FieldTable {
  readonly name: string;
  readonly fields: Map<number, FieldShape & { readonly label: string; readonly isList: boolean }>;
}

const tables = new Map<DescMessage, FieldTable>();

function tableOf(message: DescMessage): FieldTable {
  const known = tables.get(message);
  if (known) return known;
  const table: FieldTable = { name: message.name, fields: new Map() };
  tables.set(message, table);
  for (const field of message.fields) {
    const isList = field.fieldKind === 'list';
    table.fields.set(field.number, { ...shapeOf(field), label: field.name, isList });
  }
  return table;
}

function shapeOf(field: DescField): FieldShape {
  if (field.message) return { kind: 'message', table: tableOf(field.message) };
  const scalar = field.scalar;
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return { kind: 'bytes' };
  if (scalar === ScalarType.FLOAT) return { kind: 'scalar', wireType: 5, bytesMin: 4 };
  if (scalar === ScalarType.DOUBLE) return { kind: 'scalar', wireType: 1, bytesMin: 8 };
  return { kind: 'scalar', wireType: 0, bytesMin: 1 };
}

/**
 * Walks protobuf bytes along a schema before anything is allocated: every length inside its parent, known fields
 * with their wire type, the number of fields and the depth bounded. What passes is parsed in bounded time and memory.
 *
 * @throws `model` that names the field and the byte where the bytes stop making sense
 */
export function checkWire(bytes: Uint8Array, schema: DescMessage): void {
  if (bytes.length > wireLimits.bytesMax) {
    throw modelError(`The graph has ${String(bytes.length)} bytes; at most 2 GiB can be read.`);
  }
  let at = 0;
  let fieldCount = 0;
  const refuse = (what: string): never => {
    throw modelError(`This is not a readable ONNX graph: ${what} (byte ${String(at)}).`);
  };

  function varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (at >= end) refuse('it ends inside a number');
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    return refuse('a number is longer than ten bytes');
  }

  function count(added: number): void {
    fieldCount += added;
    if (fieldCount > wireLimits.fieldsMax) {
      refuse(`it has more than ${String(wireLimits.fieldsMax)} fields`);
    }
  }

  function walk(table: FieldTable, end: number, depth: number): void {
    if (depth > wireLimits.depthMax) refuse('its messages are nested too deeply');
    while (at < end) {
      count(1);
      const tag = varint(end);
      const wireType = tag & 7;
      const field = table.fields.get(Math.floor(tag / 8));
      const label = field ? `${table.name}.${field.label}` : `an unknown field of ${table.name}`;
      if (tag < 8 || tag > 0xffffffff) refuse(`a field of ${table.name} has no valid number`);
      if (field && wireType !== (field.kind === 'scalar' ? field.wireType : 2)) {
        const isPacked = field.kind === 'scalar' && field.isList && wireType === 2;
        if (!isPacked) refuse(`${label} has the wrong wire type`);
      }
      if (wireType === 0) varint(end);
      else if (wireType === 1) at += 8;
      else if (wireType === 5) at += 4;
      else if (wireType === 2) {
        const length = varint(end);
        if (length > end - at) refuse(`the data end inside ${label}`);
        if (field?.kind === 'message') {
          count(3);
          walk(field.table, at + length, depth + 1);
        } else {
          if (field?.kind === 'scalar') count(Math.ceil(length / field.bytesMin));
          at += length;
        }
      } else refuse(`${label} uses protobuf groups`);
      if (at > end) refuse(`the data end inside ${label}`);
    }
  }
  walk(tableOf(schema), bytes.length, 0);
}
