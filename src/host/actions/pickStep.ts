import { QuickInputButtons, type QuickPickItem, window } from 'vscode';

export interface PickStep<Item extends QuickPickItem> {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly placeholder: string;
  readonly items: readonly Item[];
  /** Highlighted at first: what is suggested. */
  readonly active?: Item | undefined;
}

export const goBack = Symbol('back');

/** One step of several with a way back. @returns undefined when the person gave up */
export function pickStep<Item extends QuickPickItem>(
  step: PickStep<Item>,
): Promise<Item | typeof goBack | undefined> {
  const picker = window.createQuickPick<Item>();
  const { title, placeholder, items, active, totalSteps } = step;
  Object.assign(picker, {
    ...{ title, placeholder, items, totalSteps, step: step.step },
    ...{ ignoreFocusOut: true, matchOnDescription: true, matchOnDetail: true },
    activeItems: active ? [active] : [],
    buttons: step.step > 1 ? [QuickInputButtons.Back] : [],
  });
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0] ?? picker.activeItems[0]);
      picker.dispose();
    });
    picker.onDidTriggerButton(() => {
      resolve(goBack);
      picker.dispose();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}

/** The same for a number or a word that is written. @param validate says what is wrong with a value, if anything */
export function inputStep(options: {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly prompt: string;
  readonly value: string;
  readonly validate: (value: string) => string | undefined;
}): Promise<string | typeof goBack | undefined> {
  const { title, step, totalSteps, prompt, value, validate } = options;
  const box = window.createInputBox();
  Object.assign(box, { title, step, totalSteps, prompt, value, ignoreFocusOut: true });
  box.buttons = step > 1 ? [QuickInputButtons.Back] : [];
  return new Promise((resolve) => {
    box.onDidChangeValue((text) => {
      box.validationMessage = validate(text);
    });
    box.onDidAccept(() => {
      const problem = validate(box.value);
      box.validationMessage = problem;
      if (problem !== undefined) return;
      resolve(box.value);
      box.dispose();
    });
    box.onDidTriggerButton(() => {
      resolve(goBack);
      box.dispose();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}
