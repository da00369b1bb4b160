import { defaultNugetUrl } from '../protocol/cuda.ts';
import { defaultHubUrl } from '../protocol/downloads.ts';
import { type ProviderWish, providerWishes } from '../protocol/provider.ts';

interface Setting<T> {
  readonly default: T;
  /** The value when it is one that can be used; otherwise undefined, and the default holds. */
  readonly read: (value: unknown) => T | undefined;
  /** Paths and processes are not for a workspace to decide before it is trusted. */
  readonly isRestricted?: true;
  /** Read by the engine at its start only. */
  readonly needsNewEngine?: true;
}

const setting = <T>(spec: Setting<T>): Setting<T> => spec;
const oneOf =
  <T extends string>(choices: readonly T[]) =>
  (value: unknown): T | undefined =>
    choices.find((choice) => choice === value);
const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const flag = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;
const wholeNumber =
  (min: number, max: number) =>
  (value: unknown): number | undefined =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : undefined;
const orModels =
  (read: (value: unknown) => number | undefined) =>
  (value: unknown): number | null | undefined =>
    value === null ? null : read(value);
const guidance = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= 50 ? value : undefined;

/** Every setting below `featurescope.`; the manifest test holds package.json to it. */
export const settingTable = {
  'model.folder': setting<string>({ default: '', read: text, isRestricted: true }),
  'engine.provider': setting<ProviderWish>({
    default: 'auto',
    read: oneOf(providerWishes),
    isRestricted: true,
  }),
  'engine.threads': setting<number>({
    default: 0,
    read: wholeNumber(0, 256),
    isRestricted: true,
    needsNewEngine: true,
  }),
  'engine.memoryMB': setting<number>({
    default: 0,
    read: wholeNumber(0, 10_000_000),
    isRestricted: true,
    needsNewEngine: true,
  }),
  'engine.idleMinutes': setting<number>({
    default: 15,
    read: wholeNumber(0, 10_080),
    isRestricted: true,
    needsNewEngine: true,
  }),
  'generate.steps': setting<number | null>({
    default: null,
    read: orModels(wholeNumber(1, 1000)),
  }),
  'generate.guidanceScale': setting<number | null>({ default: null, read: orModels(guidance) }),
  'storage.folder': setting<string>({
    default: '',
    read: text,
    isRestricted: true,
    needsNewEngine: true,
  }),
  'storage.quotaMB': setting<number>({
    default: 500,
    read: wholeNumber(1, 1_000_000),
    isRestricted: true,
    needsNewEngine: true,
  }),
  'labels.file': setting<string>({
    default: 'featurescope-labels.tsv',
    read: text,
    isRestricted: true,
  }),
  'lpips.file': setting<string>({
    default: '',
    read: text,
    isRestricted: true,
    needsNewEngine: true,
  }),
  'clip.file': setting<string>({
    default: '',
    read: text,
    isRestricted: true,
    needsNewEngine: true,
  }),
  'download.hub': setting<string>({
    default: defaultHubUrl,
    read: (value) =>
      typeof value === 'string' && /^https?:\/\/\S+$/.test(value) ? value : undefined,
    isRestricted: true,
  }),
  'download.proxy': setting<string>({
    default: '',
    read: (value) =>
      typeof value === 'string' && /^(?:https?:\/\/\S+)?$/.test(value) ? value : undefined,
    isRestricted: true,
    needsNewEngine: true,
  }),
  'download.nuget': setting<string>({
    default: defaultNugetUrl,
    read: (value) =>
      typeof value === 'string' && /^https?:\/\/\S+$/.test(value) ? value : undefined,
    isRestricted: true,
  }),
  'contactSheets.blur': setting<boolean>({ default: true, read: flag }),
  'save.writeJson': setting<boolean>({ default: false, read: flag }),
};

export type SettingKey = keyof typeof settingTable;
type SettingValue<K extends SettingKey> = (typeof settingTable)[K]['default'];

/** Where values come from: VS Code's configuration, or a test. */
export type SettingSource = (key: SettingKey) => unknown;

/** Typed view of the settings as they are at the moment of the call. */
export class Settings {
  readonly #source: SettingSource;

  constructor(source: SettingSource) {
    this.#source = source;
  }

  get<K extends SettingKey>(key: K): SettingValue<K> {
    const { read, default: fallback } = settingTable[key] as Setting<SettingValue<K>>;
    return read(this.#source(key)) ?? fallback;
  }

  get provider(): ProviderWish {
    return this.get('engine.provider');
  }

  get quotaBytes(): number {
    return this.get('storage.quotaMB') * 1e6;
  }
}
