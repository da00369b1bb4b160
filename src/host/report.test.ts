import assert from 'node:assert/strict';
import { cancelled, type ErrorCode, FeaturescopeError } from '../protocol/errors.ts';
import { Report } from './report.ts';

interface Setup {
  readonly isTrusted?: boolean;
  readonly pressed?: string;
}

function makeReport({ isTrusted = true, pressed }: Setup = {}) {
  const seen = { logged: [] as string[], told: [] as string[][], acted: [] as string[] };
  const report = new Report({
    isTrusted: () => isTrusted,
    log: ({ text }) => seen.logged.push(text),
    notify: async (...words) => {
      seen.told.push(words);
      return pressed;
    },
    act: (action) => seen.acted.push(action),
  });
  return { report, seen };
}

describe('Report', () => {
  it('has nothing to say of what was cancelled', async () => {
    const { report, seen } = makeReport();
    assert.equal(report.problem(cancelled()), undefined);
    await report.show(cancelled());
    assert.deepEqual(seen, { logged: [], told: [], acted: [] });
  });

  const actions: readonly [ErrorCode, string | undefined][] = [
    ['closed', 'restartEngine'],
    ['protocol', 'restartEngine'],
    ['outOfMemory', 'restartEngine'],
    ['internal', 'restartEngine'],
    ['model', 'chooseModel'],
    ['invalidInput', undefined],
  ];
  for (const [code, action] of actions) {
    it(`offers ${action ?? 'no action'} for ${code}`, () => {
      const { report } = makeReport();
      const problem = report.problem(new FeaturescopeError(code, 'the cause'));
      assert.match(problem?.cause ?? '', /the cause/);
      assert.equal(problem?.action?.id, action);
    });
  }

  it('offers another provider when it failed where one was at work', () => {
    const { report } = makeReport();
    for (const code of ['model', 'outOfMemory', 'internal'] as const) {
      const error = new FeaturescopeError(code, 'It broke.', { provider: 'webgpu' });
      assert.equal(report.problem(error)?.action?.id, 'chooseProvider');
    }
  });

  it('tells when the CPU took over, with why', async () => {
    const { report, seen } = makeReport({ pressed: 'Choose Provider' });
    await report.showFallback({ provider: 'cuda', modelDir: '/m', reason: 'Out of memory.' });
    const words =
      'CUDA (NVIDIA) was chosen automatically and failed: Out of memory. The CPU took over.';
    assert.deepEqual(seen.told, [[words, 'Choose Provider', 'Show Log']]);
    assert.deepEqual(seen.acted, ['chooseProvider']);
  });

  it('offers another place when saving failed', () => {
    const { report } = makeReport();
    const error = new FeaturescopeError('invalidInput', 'the disk is full');
    assert.equal(report.problem(error, 'save')?.action?.id, 'saveElsewhere');
  });

  it('names Restricted Mode and not what failed because of it', () => {
    const { report } = makeReport({ isTrusted: false });
    const problem = report.problem(new FeaturescopeError('closed', 'x'));
    assert.match(problem?.cause ?? '', /Restricted Mode/);
    assert.equal(problem?.action?.id, 'trustWorkspace');
  });

  it('keeps native lines for the log', () => {
    const { report, seen } = makeReport();
    const problem = report.problem(new FeaturescopeError('internal', 'cause', { detail: 'stack' }));
    assert.doesNotMatch(problem?.cause ?? '', /stack/);
    assert.match(seen.logged.join('\n'), /internal: cause\nstack/);
  });

  it('does what is chosen, and always offers the log', async () => {
    const { report, seen } = makeReport({ pressed: 'Restart Engine' });
    await report.show(new FeaturescopeError('closed', 'It ended.'));
    assert.deepEqual(seen.told, [['It ended.', 'Restart Engine', 'Show Log']]);
    assert.deepEqual(seen.acted, ['restartEngine']);
  });

  it('opens the log when that is chosen', async () => {
    const { report, seen } = makeReport({ pressed: 'Show Log' });
    await report.show(new FeaturescopeError('invalidInput', 'no'));
    assert.deepEqual(seen.acted, ['showLog']);
  });
});
