import { defineNotification } from './request.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogRecord {
  readonly level: LogLevel;
  /** The room that speaks: `engine`, `runner`, `native`, ... */
  readonly room: string;
  readonly text: string;
}

/** Children never print: their records travel to the host's log channel or the command line's standard error. */
export const logRecord = defineNotification<LogRecord>('log/record');
