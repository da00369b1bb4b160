import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandCategory, type CommandSpec, commandTable } from '../../src/host/commands.ts';
import { type SettingKey, Settings, settingTable } from '../../src/host/settings.ts';

const root = join(import.meta.dirname, '..', '..');

interface MenuItem {
  readonly command: string;
  readonly when?: string;
}

/** The parts of package.json that VS Code reads. */
interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly extensionKind: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: {
      readonly supported: unknown;
      readonly restrictedConfigurations: readonly string[];
    };
    readonly virtualWorkspaces: { readonly supported: unknown };
  };
  readonly contributes: {
    readonly commands: readonly ({ command: string; category: string } & CommandSpec)[];
    readonly keybindings: readonly (MenuItem & { readonly key: string })[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly views: Readonly<Record<string, readonly { id: string; name: string }[]>>;
    readonly viewsContainers: { readonly activitybar: readonly { id: string; icon: string }[] };
    readonly viewsWelcome: readonly { view: string; when: string; contents: string }[];
    readonly configuration: {
      readonly properties: Readonly<
        Record<string, { default: unknown; enum?: unknown[]; enumDescriptions?: unknown[] }>
      >;
    };
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly markdown: string };
        readonly completionEvents: readonly string[];
      }[];
    }[];
  };
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const { contributes, capabilities } = manifest;
const { properties } = contributes.configuration;
const settingKeys = Object.keys(settingTable) as SettingKey[];

/** Commands that a text or menu names; VS Code's own have other beginnings. */
const ownCommands = (text: string): string[] =>
  [...text.matchAll(/command:(featurescope\.[\w.]+)/g)].map(([, id]) => id!);

describe('package.json', () => {
  it('has the commands of the table, word for word', () => {
    const expected = Object.entries(commandTable).map(([command, spec]: [string, CommandSpec]) => ({
      command,
      title: spec.title,
      category: commandCategory,
      ...(spec.icon ? { icon: spec.icon } : {}),
      ...(spec.enablement ? { enablement: spec.enablement } : {}),
    }));
    assert.deepEqual(contributes.commands, expected);
  });

  it('offers in the palette what the table says', () => {
    const conditional = Object.entries(commandTable).flatMap(([command, spec]) => {
      const { paletteWhen: when }: CommandSpec = spec;
      return when === undefined ? [] : [{ command, when }];
    });
    assert.deepEqual(contributes.menus.commandPalette, conditional);
  });

  it('names in menus, keys and texts only commands that exist', () => {
    const viewCommands = Object.values(contributes.views)
      .flat()
      .map(({ id }) => `${id}.focus`);
    const known = new Set([...Object.keys(commandTable), ...viewCommands]);
    const used = [
      ...Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command)),
      ...contributes.keybindings.map(({ command }) => command),
      ...contributes.viewsWelcome.flatMap(({ contents }) => ownCommands(contents)),
      ...contributes.walkthroughs.flatMap(({ steps }) =>
        steps.flatMap(({ description }) => ownCommands(description)),
      ),
    ];
    assert.deepEqual(
      used.filter((command) => !known.has(command)),
      [],
    );
  });

  it('asks in conditions only for context keys that are written', () => {
    const source = readFileSync(join(root, 'src/host/contextKeys.ts'), 'utf8');
    const conditions = [
      ...contributes.commands.map(({ enablement = '' }) => enablement),
      ...contributes.viewsWelcome.map(({ when }) => when),
      ...Object.values(contributes.menus).flatMap((items) => items.map(({ when = '' }) => when)),
    ];
    const views = Object.values(contributes.views).flatMap((items) => items.map(({ id }) => id));
    const others = [...views, 'featurescope.result', 'featurescope.features'];
    for (const [key, name] of conditions.join(' ').matchAll(/featurescope\.(\w+)/g)) {
      if (others.includes(key)) continue;
      assert.match(source, new RegExp(`readonly ${name!}:`), key);
    }
  });

  it('has the settings of the table with their defaults', () => {
    assert.deepEqual(
      Object.keys(properties).sort(),
      settingKeys.map((key) => `featurescope.${key}`).sort(),
    );
    for (const key of settingKeys) {
      const property = properties[`featurescope.${key}`]!;
      assert.deepEqual(property.default, settingTable[key].default, key);
      assert.equal(property.enum?.length, property.enumDescriptions?.length, key);
      for (const value of property.enum ?? []) {
        assert.equal(new Settings(() => value).get(key), value, key);
      }
    }
  });

  it('keeps paths and processes out of the hands of an untrusted workspace', () => {
    const restricted = settingKeys.filter((key) => settingTable[key].isRestricted);
    const { supported, restrictedConfigurations } = capabilities.untrustedWorkspaces;
    assert.equal(supported, 'limited');
    assert.deepEqual(
      [...restrictedConfigurations].sort(),
      restricted.map((key) => `featurescope.${key}`).sort(),
    );
  });

  it('runs where the files are', () => {
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(capabilities.virtualWorkspaces.supported, 'limited');
    assert.equal(manifest.main, './dist/extension.cjs');
  });

  it('has a welcome text for Restricted Mode in every view', () => {
    for (const { id } of Object.values(contributes.views).flat()) {
      const texts = contributes.viewsWelcome.filter(({ view }) => view === id);
      assert(
        texts.some(({ when }) => when === '!isWorkspaceTrusted'),
        id,
      );
    }
  });

  it('names files that exist', () => {
    const files = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown)),
      ...['media/panel-light.svg', 'media/panel-dark.svg'],
    ];
    for (const file of files) assert(existsSync(join(root, file)), file);
  });

  it('uses keys of one chord, or keys that only hold in our own views', () => {
    for (const { key, when = '', command } of contributes.keybindings) {
      assert(key.includes(' ') || when.includes('focusedView == featurescope.'), command);
    }
  });
});
