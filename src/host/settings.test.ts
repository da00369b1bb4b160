import assert from 'node:assert/strict';
import { type SettingKey, Settings } from './settings.ts';

const settingsWith = (values: Partial<Record<SettingKey, unknown>>) =>
  new Settings((key) => values[key]);

describe('Settings', () => {
  it('reads what is set and falls back to the default', () => {
    const settings = settingsWith({ 'engine.threads': 4, 'generate.steps': 2 });
    assert.equal(settings.get('engine.threads'), 4);
    assert.equal(settings.get('generate.steps'), 2);
    assert.equal(settings.get('save.writeJson'), false);
    assert.equal(settings.get('generate.guidanceScale'), null);
  });

  it('does not take values that cannot be used', () => {
    const settings = settingsWith({
      'engine.threads': -1,
      'engine.provider': 'abacus',
      'generate.steps': 2.5,
      'generate.guidanceScale': Number.NaN,
      'save.writeJson': 'yes',
      'storage.quotaMB': 0,
    });
    assert.equal(settings.get('engine.threads'), 0);
    assert.equal(settings.get('engine.provider'), 'auto');
    assert.equal(settings.get('generate.steps'), null);
    assert.equal(settings.get('generate.guidanceScale'), null);
    assert.equal(settings.get('save.writeJson'), false);
    assert.equal(settings.quotaBytes, 500e6);
  });

  it('leaves it to the engine what automatic is', () => {
    assert.equal(settingsWith({}).provider, 'auto');
    assert.equal(settingsWith({ 'engine.provider': 'webgpu' }).provider, 'webgpu');
  });
});
