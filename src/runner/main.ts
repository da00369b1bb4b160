import './withoutFloat16Array.ts';
import { env, listSupportedBackends } from 'onnxruntime-node';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connect } from '../protocol/connection.ts';
import { Dispatcher } from '../protocol/dispatcher.ts';
import {
  allocateTensor,
  createSession,
  holdTensors,
  readTensors,
  releaseSession,
  releaseTensors,
  runnerHello,
  runnerStatus,
  runSession,
  writeTensor,
} from '../protocol/runner.ts';
import { Sessions } from './sessions.ts';

const sessions = new Sessions();
const dispatcher = new Dispatcher();
dispatcher.handle(runnerHello, () => ({
  ortVersion: env.versions.node ?? 'unknown',
  backends: listSupportedBackends().map((backend) => backend.name),
}));
dispatcher.handle(runnerStatus, () => sessions.status);
dispatcher.handle(createSession, (params) => sessions.create(params));
dispatcher.handle(runSession, (params, { signal }) => sessions.run(params, signal));
dispatcher.handle(releaseSession, async ({ sessionId }) => {
  await sessions.release(sessionId);
  return null;
});
dispatcher.handle(holdTensors, ({ tensors }) => ({ handles: sessions.holdTensors(tensors) }));
dispatcher.handle(allocateTensor, ({ dims }) => ({ handle: sessions.allocateTensor(dims) }));
dispatcher.handle(writeTensor, ({ tensor, from, data }) => {
  sessions.writeTensor(tensor, from, data);
  return null;
});
dispatcher.handle(readTensors, ({ handles }) => ({ tensors: sessions.readTensors(handles) }));
dispatcher.handle(releaseTensors, ({ handles }) => {
  sessions.releaseTensors(handles);
  return null;
});

if (process.send) {
  connect(new IPCMessageReader(process), new IPCMessageWriter(process), { dispatcher });
  process.on('disconnect', () => process.exit(0));
} else {
  process.stderr.write('The runner is started by the engine, not by hand.\n');
  process.exitCode = 2;
}
