import { CommanderError } from 'commander';
import { FeaturescopeError } from '../protocol/errors.ts';
import { exitCodes } from './exitCodes.ts';

/** Says what went wrong on standard error, and what the shell is told of it. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    return thrown.exitCode === 0 ? exitCodes.done : exitCodes.badUsage;
  }
  const error = FeaturescopeError.from(thrown);
  process.stderr.write(`featurescope: ${error.message}\n`);
  if (error.code === 'internal' && error.detail !== undefined) {
    process.stderr.write(`${error.detail}\n`);
  }
  if (error.code === 'cancelled') return exitCodes.cancelled;
  return error.code === 'invalidInput' ? exitCodes.badUsage : exitCodes.failed;
}
