import { ProgressLocation, window } from 'vscode';

/** Shows a notification with Cancel while something short goes on. */
export const withProgress = <T>(
  title: string,
  work: (signal: AbortSignal, say: (text: string) => void) => Promise<T>,
): Thenable<T> =>
  window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => {
        controller.abort();
      });
      return work(controller.signal, (message) => {
        progress.report({ message });
      });
    },
  );
