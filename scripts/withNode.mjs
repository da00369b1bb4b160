/**
 * `node scripts/withNode.mjs COMMAND ARGS…`: runs a command under the Node that this project pins, so that `npm test`
 * means the same whichever Node npm itself runs on.
 */
import { runProcess } from './runProcess.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node scripts/withNode.mjs COMMAND [ARGS…]');
  process.exit(2);
}
try {
  process.exitCode = await runProcess(command, args);
} catch (error) {
  console.error(error.code === 'ENOENT' ? `Command not found: ${command}` : error.message);
  process.exitCode = 127;
}
