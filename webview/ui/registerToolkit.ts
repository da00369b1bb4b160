import { endStyleProbe } from './answerStyleProbe.ts';
// The probe's answer has to be there before this line runs.
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextArea,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

/**
 * Registers the toolkit's elements. It is deprecated: nothing outside webview/ui/ names it or its elements, so that
 * another set of elements can take its place here.
 */
export function registerToolkit(): void {
  endStyleProbe();
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeTextArea(),
    vsCodeTextField(),
  );
}
