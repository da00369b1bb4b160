import type { LogOutputChannel } from 'vscode';
import type { LogRecord } from '../protocol/log.ts';

export type Log = (record: LogRecord) => void;

/** One channel for all programs; the room that speaks stands in front. */
export const logTo =
  (channel: Pick<LogOutputChannel, 'debug' | 'info' | 'warn' | 'error'>): Log =>
  ({ level, room, text }) => {
    channel[level](`[${room}] ${text}`);
  };
