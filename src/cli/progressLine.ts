import type { GenerateProgress } from '../protocol/engine.ts';
import { readOf } from '../protocol/modelWords.ts';

/** One line on standard error that says what is going on: rewritten on a terminal, one line a phase elsewhere. */
export function progressLine(): {
  show: (progress: GenerateProgress) => void;
  say: (text: string) => void;
  clear: () => void;
} {
  const isTerminal = process.stderr.isTTY;
  let last = '';
  const say = (text: string): void => {
    if (text === last) return;
    last = text;
    process.stderr.write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
  };
  return {
    say,
    show: (progress) => {
      say(wordsOf(progress));
    },
    clear: () => {
      if (isTerminal && last !== '') process.stderr.write('\r\u001b[2K');
    },
  };
}

export function wordsOf(progress: GenerateProgress): string {
  switch (progress.phase) {
    case 'waiting':
      return 'Waiting for another run';
    case 'loading':
      return `Loading ${progress.part}`;
    case 'encodingText':
      return 'Encoding the prompt';
    case 'denoising':
      return `Denoising step ${String(progress.stepIndex + 1)} of ${String(progress.stepCount)}`;
    case 'decoding':
      return 'Decoding the picture';
    case 'hashing':
      return `Hashing the model’s files once: ${readOf(progress)}`;
    case 'saving':
      return 'Saving';
  }
}
