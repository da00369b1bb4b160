import { type QuickPickItem, ThemeIcon, window } from 'vscode';

/** Asks for the words, with the last ones to take again. @returns undefined when dismissed */
export async function askPrompt(history: readonly string[]): Promise<string | undefined> {
  const picker = window.createQuickPick<QuickPickItem>();
  picker.title = 'Generate with Prompt';
  picker.placeholder = 'What the picture shows, such as: a cat and a red apple on the beach';
  picker.ignoreFocusOut = true;
  const past = history.map((label): QuickPickItem => ({
    label,
    iconPath: new ThemeIcon('history'),
  }));
  const offer = (typed: string): void => {
    const own: QuickPickItem = {
      label: typed,
      iconPath: new ThemeIcon('wand'),
      alwaysShow: true,
    };
    picker.items = typed === '' ? past : [own, ...past.filter(({ label }) => label !== typed)];
    const [first] = picker.items;
    picker.activeItems = first && typed !== '' ? [first] : [];
  };
  offer('');
  picker.onDidChangeValue((value) => {
    offer(value.trim());
  });
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const prompt = picker.activeItems[0]?.label ?? picker.value.trim();
      if (prompt === '') return;
      resolve(prompt);
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}
