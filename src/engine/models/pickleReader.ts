import { modelError } from '../../protocol/errors.ts';
import { nameOfOpcode, opcodes } from './pickleOpcodes.ts';

/** Limits at the door; an SAE's pickle has about 150 operations in 600 bytes. */
export const pickleLimits = { bytes: 4 * 2 ** 20, operations: 500_000 } as const;

/** A Python name that the host allows; inert until the host is asked to call it. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** Tuples and lists are arrays, dicts are maps; `H` is what the host builds (storages, tensors). */
export type PickleValue<H> =
  null | boolean | number | string | PickleGlobal | H | PickleValue<H>[] | PickleDict<H>;
export type PickleDict<H> = Map<string | number, PickleValue<H>>;

/** What a pickle may reach. Everything is refused unless the host returns. */
export interface PickleHost<H> {
  /** Allows a name by returning; throws to refuse it. Nothing is looked up by it. */
  checkGlobal(name: string): void;
  /** Carries out a call of an allowed name. */
  call(name: string, args: readonly PickleValue<H>[]): PickleValue<H>;
  /** Resolves a persistent id, torch's way to point at a storage. */
  persistent(id: PickleValue<H>): H;
}

const mark = Symbol('mark');
type Slot<H> = PickleValue<H> | typeof mark;

/**
 * Reads a pickle without running any of it: a stack machine over plain values in which a name is only a name.
 * Protocols 2 to 5 in the subset that `torch.save` writes; other opcodes are refused by name. Ours and not
 * `pickleparser`, which `B` with a negative length sends back in the stream for ever until memory is gone, which gives
 * `undefined` for a missing memo entry and reads negative integers as positive.
 *
 * @param file its name, for messages
 * @throws `model` for whatever the host refuses, a malformed stream, or one beyond `pickleLimits`
 * @source Python's Lib/pickletools.py
 */
export function readPickle<H extends object>(
  bytes: Uint8Array,
  file: string,
  host: PickleHost<H>,
): PickleValue<H> {
  return new Unpickler(bytes, file, host).run();
}

class Unpickler<H extends object> {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #host: PickleHost<H>;
  readonly #stack: Slot<H>[] = [];
  readonly #memo = new Map<number, PickleValue<H>>();
  readonly #text = new TextDecoder('utf-8', { fatal: true });
  #position = 0;

  constructor(bytes: Uint8Array, file: string, host: PickleHost<H>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    this.#host = host;
    if (bytes.byteLength > pickleLimits.bytes) {
      throw this.#refuse(
        `its description takes ${String(bytes.byteLength)} bytes, at most ${String(pickleLimits.bytes)} are read`,
      );
    }
  }

  run(): PickleValue<H> {
    for (let count = 0; count < pickleLimits.operations; count++) {
      const code = this.#byte();
      if (code === opcodes.STOP) return this.#pop();
      this.#step(code);
    }
    throw this.#refuse(`more than ${String(pickleLimits.operations)} operations`);
  }

  #step(code: number): void {
    switch (code) {
      case opcodes.PROTO:
        this.#protocol(this.#byte());
        return;
      case opcodes.FRAME:
        this.#take(8);
        return;
      case opcodes.MARK:
        this.#stack.push(mark);
        return;
      case opcodes.NONE:
        this.#push(null);
        return;
      case opcodes.NEWTRUE:
        this.#push(true);
        return;
      case opcodes.NEWFALSE:
        this.#push(false);
        return;
      case opcodes.BININT:
        this.#push(this.#view.getInt32(this.#take(4), true));
        return;
      case opcodes.BININT1:
        this.#push(this.#byte());
        return;
      case opcodes.BININT2:
        this.#push(this.#view.getUint16(this.#take(2), true));
        return;
      case opcodes.LONG1:
        this.#push(this.#long(this.#byte()));
        return;
      case opcodes.BINFLOAT:
        this.#push(this.#view.getFloat64(this.#take(8), false));
        return;
      case opcodes.BINUNICODE:
        this.#push(this.#string(this.#view.getUint32(this.#take(4), true)));
        return;
      case opcodes.SHORT_BINUNICODE:
        this.#push(this.#string(this.#byte()));
        return;
      case opcodes.EMPTY_TUPLE:
      case opcodes.EMPTY_LIST:
        this.#push([]);
        return;
      case opcodes.EMPTY_DICT:
        this.#push(new Map());
        return;
      case opcodes.TUPLE:
        this.#push(this.#popToMark());
        return;
      case opcodes.TUPLE1:
      case opcodes.TUPLE2:
      case opcodes.TUPLE3: {
        const items = Array.from({ length: code - opcodes.TUPLE1 + 1 }, () => this.#pop());
        this.#push(items.reverse());
        return;
      }
      case opcodes.APPEND:
        this.#append([this.#pop()]);
        return;
      case opcodes.APPENDS:
        this.#append(this.#popToMark());
        return;
      case opcodes.SETITEM: {
        const value = this.#pop();
        this.#setItems([this.#pop(), value]);
        return;
      }
      case opcodes.SETITEMS:
        this.#setItems(this.#popToMark());
        return;
      case opcodes.BINPUT:
        this.#store(this.#byte());
        return;
      case opcodes.LONG_BINPUT:
        this.#store(this.#view.getUint32(this.#take(4), true));
        return;
      case opcodes.MEMOIZE:
        this.#store(this.#memo.size);
        return;
      case opcodes.BINGET:
        this.#recall(this.#byte());
        return;
      case opcodes.LONG_BINGET:
        this.#recall(this.#view.getUint32(this.#take(4), true));
        return;
      case opcodes.GLOBAL: {
        const module = this.#line();
        this.#global(module, this.#line());
        return;
      }
      case opcodes.STACK_GLOBAL: {
        const name = this.#pop();
        this.#global(this.#pop(), name);
        return;
      }
      case opcodes.BINPERSID:
        this.#push(this.#host.persistent(this.#pop()));
        return;
      case opcodes.REDUCE:
        this.#reduce();
        return;
      case opcodes.BUILD:
        this.#build();
        return;
      default:
        throw this.#refuse(`it uses the pickle operation ${nameOfOpcode(code)}`);
    }
  }

  #refuse(why: string): Error {
    return modelError(`${this.#file} is not read: ${why}.`);
  }

  #take(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.byteLength - start) throw this.#refuse('its description is cut short');
    this.#position = start + length;
    return start;
  }

  #byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #string(length: number): string {
    const start = this.#take(length);
    try {
      return this.#text.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw this.#refuse('a text in it is not UTF-8');
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw this.#refuse('its description is cut short');
    const text = this.#string(end - this.#position);
    this.#take(1);
    return text;
  }

  #long(length: number): number {
    if (length > 8) throw this.#refuse(`an integer of ${String(length)} bytes`);
    let value = 0n;
    const start = this.#take(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i] ?? 0);
    const number = Number(BigInt.asIntN(length * 8, value));
    if (!Number.isSafeInteger(number)) throw this.#refuse(`the integer ${String(number)}`);
    return number;
  }

  #protocol(version: number): void {
    if (version < 2 || version > 5) throw this.#refuse(`pickle protocol ${String(version)}`);
  }

  #push(value: PickleValue<H>): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue<H> {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw this.#refuse('its description is malformed');
    return value;
  }

  #top(): PickleValue<H> {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #popToMark(): PickleValue<H>[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw this.#refuse('its description is malformed');
    return this.#stack.splice(start).slice(1) as PickleValue<H>[];
  }

  #append(items: readonly PickleValue<H>[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#refuse('it appends to what is no list');
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly PickleValue<H>[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) {
      throw this.#refuse('it sets items of what is no dict');
    }
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number') {
        throw this.#refuse('a key of a dict is neither text nor number');
      }
      if (dict.has(key)) throw this.#refuse(`"${String(key).slice(0, 80)}" is there twice`);
      dict.set(key, items[i + 1] ?? null);
    }
  }

  #store(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#refuse(`it recalls memo ${String(index)}, which is empty`);
    this.#push(value);
  }

  #global(module: PickleValue<H>, name: PickleValue<H>): void {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw this.#refuse('its description is malformed');
    }
    const full = `${module}.${name}`;
    this.#host.checkGlobal(full);
    this.#push({ kind: 'global', name: full });
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (!isGlobal(callee) || !Array.isArray(args)) throw this.#refuse('its description is malformed');
    this.#push(this.#host.call(callee.name, args));
  }

  /** `state_dict()` attaches `_metadata` to its OrderedDict this way: dropped, it names module versions only. */
  #build(): void {
    this.#pop();
    if (!(this.#top() instanceof Map)) throw this.#refuse('it sets the state of an object');
  }
}

export function isGlobal(value: unknown): value is PickleGlobal {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'global';
}
