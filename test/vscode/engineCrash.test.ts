import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { isAlive, type ProcessInfo, programsBelow } from '../support/processes.ts';
import { ResultPage } from './resultPage.ts';
import { useVscode } from './session.ts';

describe('an engine that dies', function () {
  this.timeout(120_000);
  this.slow(30_000);
  // Many steps: a run that is long enough to be interrupted.
  const vscode = useVscode({ settings: { 'featurescope.generate.steps': 200 } });

  const program = (name: string): Promise<ProcessInfo> =>
    eventually(`a process of ${name}`, () => programsBelow(vscode().server.pid, name)[0]);

  const startLongRun = async (): Promise<ResultPage> => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Generate with Prompt');
    await workbench.answerInput('a cat on grass');
    const result = await ResultPage.of(workbench);
    await result.progress.waitFor({ timeout: 30_000 });
    await eventually('a step', async () => /step/i.test(await result.progress.innerText()), 30_000);
    return result;
  };

  it('says why, and Restart Engine makes it work again', async () => {
    const { workbench } = vscode();
    const result = await startLongRun();
    const engine = await program('engine.cjs');
    process.kill(engine.pid, 'SIGKILL');
    await result.problem.waitFor({ timeout: 10_000 });
    assert.match(await result.problem.innerText(), /engine/i);
    await workbench.screenshot('engine-killed');
    await result.frame.getByRole('button', { name: /restart/i }).click();
    await eventually('an engine after the restart', async () => {
      const next = await program('engine.cjs');
      return next.pid !== engine.pid;
    });
    await eventually('no error any more', async () => (await result.problem.count()) === 0);
    await result.generateButton.click();
    await result.progress.waitFor();
    await result.cancelButton.click();
    await eventually('the end of the run', async () => (await result.progress.count()) === 0);
  });

  it('a killed runner says why, and the next run works without a restart', async () => {
    const result = await startLongRun();
    const runner = await program('runner.cjs');
    process.kill(runner.pid, 'SIGKILL');
    await result.problem.waitFor({ timeout: 10_000 });
    await result.generateButton.click();
    await result.progress.waitFor();
    await result.cancelButton.click();
    await eventually('the end of the run', async () => (await result.progress.count()) === 0);
  });

  it('closing the panel cancels its run', async () => {
    const { workbench } = vscode();
    await startLongRun();
    await eventually('the status of a run', async () => /step/i.test(await workbench.statusItem()));
    await workbench.closeEditors();
    await eventually(
      'an idle engine',
      async () => /ready/i.test(await workbench.statusItem()),
      5000,
    );
    const engine = await program('engine.cjs');
    assert.ok(isAlive(engine.pid));
  });

  it('no process is left after the window is closed', async () => {
    const { server, workbench } = vscode();
    await program('engine.cjs');
    await workbench.page.goto('about:blank');
    await eventually(
      'the end of our processes',
      () => programsBelow(server.pid, 'engine.cjs').length === 0,
      30_000,
    );
    assert.deepEqual(programsBelow(server.pid, 'runner.cjs'), []);
  });
});
