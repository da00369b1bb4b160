import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connect } from '../protocol/connection.ts';
import { runsChanged } from '../protocol/engine.ts';
import { jobsChanged } from '../protocol/jobs.ts';
import { logRecord } from '../protocol/log.ts';
import { providerFailed } from '../protocol/provider.ts';
import { saesChanged } from '../protocol/saes.ts';
import type { EngineConfigInput } from './config.ts';
import { createEngine } from './engine.ts';

if (process.send) {
  const engine = createEngine(
    JSON.parse(process.env['FEATURESCOPE_CONFIG'] ?? '{}') as EngineConfigInput,
    {
      onLog: (record) => {
        connection.notify(logRecord, record);
      },
      onRunsChanged: () => {
        connection.notify(runsChanged, null);
      },
      onSaesChanged: () => {
        connection.notify(saesChanged, null);
      },
      onJobsChanged: (jobs) => {
        connection.notify(jobsChanged, { jobs });
      },
      onProviderFailed: (failure) => {
        connection.notify(providerFailed, failure);
      },
    },
  );
  const connection = connect(new IPCMessageReader(process), new IPCMessageWriter(process), {
    dispatcher: engine.dispatcher,
  });
  process.once('disconnect', () => {
    void engine.stop().finally(() => process.exit(0));
  });
} else {
  process.stderr.write('The engine is started by the extension host, not by hand.\n');
  process.exitCode = 2;
}
