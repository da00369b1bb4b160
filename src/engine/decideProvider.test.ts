import assert from 'node:assert/strict';
import type { Provider, ProviderProbe } from '../protocol/provider.ts';
import { decideProvider } from './decideProvider.ts';

const works = (provider: Provider, runMs: number, relativeError = 1e-6): ProviderProbe => ({
  ...{ provider, isWorking: true, reason: '' },
  product: { runMs, relativeError },
});
const large = { sizeBytes: 7e9, failed: new Set<Provider>() };

describe('the automatic choice of a provider', () => {
  it('leaves a small model to the CPU, whatever works', () => {
    const { provider, why } = decideProvider({ ...large, sizeBytes: 3e7 }, [works('cuda', 1)]);
    assert.equal(provider, 'cpu');
    assert.match(why, /a model of 30 MB is small enough/);
  });

  it('takes the fastest that multiplies float32 in full', () => {
    const probes = [works('cpu', 100), works('cuda', 2), works('webgpu', 5), works('dml', 1, 3e-4)];
    const { provider, why } = decideProvider(large, probes);
    assert.equal(provider, 'cuda');
    assert.match(why, /50 times as fast as the CPU/);
  });

  it('stays with the CPU and says why: too inexact, not twice as fast, failed before', () => {
    const reasons: readonly [ProviderProbe, Set<Provider>, RegExp][] = [
      [works('cuda', 2, 3e-4), new Set(), /cuda multiplies with an error of 3\.0e-4/],
      [works('cuda', 2, Infinity), new Set(), /error of Infinity/],
      [works('cuda', 2, NaN), new Set(), /error of NaN/],
      [works('webgpu', 60), new Set(), /webgpu multiplies 1\.7 times as fast/],
      [works('webgpu', 1000), new Set(), /webgpu multiplies 0\.10 times as fast/],
      [{ provider: 'webgpu', isWorking: true, reason: '' }, new Set(), /webgpu is too slow/],
      [works('webgpu', 2), new Set(['webgpu']), /webgpu failed with this model/],
    ];
    for (const [probe, failed, words] of reasons) {
      const decision = decideProvider({ ...large, failed }, [works('cpu', 100), probe]);
      assert.equal(decision.provider, 'cpu');
      assert.match(decision.why, words);
    }
    const dead = { provider: 'cuda', isWorking: false, reason: 'no library' } as const;
    assert.equal(decideProvider(large, [works('cpu', 100), dead]).why, 'nothing else works here');
    assert.equal(decideProvider(large, []).provider, 'cpu');
  });
});
