import { html, nothing, type TemplateResult } from 'lit';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import { checkbox } from '../ui/checkbox.ts';
import type { PanelActions } from './panelActions.ts';
import type { BlindState } from './state.ts';

/** Ten pictures, five with the feature where there are as many: in which is it active? The card is hidden meanwhile. */
export function blindView(blind: BlindState, actions: PanelActions): TemplateResult {
  const { test, guesses, result, labelText, hasPrompts } = blind;
  const openCount = guesses.filter((guess) => guess === undefined).length;
  return html`<section class="blind" aria-label="Blind test">
    <h2>Blind test</h2>
    <p>
      ${
        labelText === ''
          ? 'In which of these pictures is the feature active?'
          : html`In which of these pictures is “<b>${labelText}</b>” active?`
      }
      Answer all ${guesses.length}: with the buttons, or with Y and N on a picture.
    </p>
    ${checkbox({
      label: 'Show prompts (an easier test)',
      isChecked: hasPrompts,
      onChange: (isOn) => {
        actions.send({ kind: 'promptsShown', hasPrompts: isOn });
      },
    })}
    <ol class="blindPictures">
      ${test.pictures.map((picture, index) => blindPicture(blind, picture, index, actions))}
    </ol>
    ${result ? outcome(blind) : nothing}
    <div class="buttons">
      ${
        result
          ? button({
              label: 'Another Ten',
              onClick: () => void actions.startBlind(),
            })
          : button({
              label: openCount > 0 ? `Judge (${String(openCount)} open)` : 'Judge',
              appearance: 'primary',
              isDisabled: openCount > 0,
              onClick: () => void actions.judge(),
            })
      }
      ${button({
        label: 'Back to the Card',
        onClick: () => {
          actions.send({ kind: 'blindEnded' });
        },
      })}
    </div>
  </section>`;
}

function blindPicture(
  { guesses, result, hasPrompts }: BlindState,
  picture: BlindState['test']['pictures'][number],
  index: number,
  actions: PanelActions,
): TemplateResult {
  const guess = guesses[index];
  const truth = result?.truths[index];
  const name = `Picture ${String(index + 1)}`;
  const say = (isActive: boolean): void => {
    if (!result) actions.send({ kind: 'guessed', index, guess: isActive });
  };
  const answer = (label: string, isActive: boolean): TemplateResult =>
    html`<button
      type="button"
      class="answer"
      aria-pressed=${guess === isActive}
      aria-label="${name}: ${label}"
      ?disabled=${result !== null}
      @click=${() => {
        say(isActive);
      }}
    >
      ${label}
    </button>`;
  const isWrong = truth !== undefined && truth !== guess;
  return html`<li
    class=${truth === undefined ? '' : isWrong ? 'wrong' : 'right'}
    @keydown=${(event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if ((key !== 'y' && key !== 'n') || event.ctrlKey || event.metaKey || event.altKey) return;
      say(key === 'y');
      const next = (event.currentTarget as Element).nextElementSibling;
      next?.querySelector<HTMLElement>('.answer')?.focus();
    }}
  >
    ${
      picture.uri === null
        ? html`<p class="tilePrompt">${picture.prompt}</p>`
        : html`<img src=${picture.uri} alt=${hasPrompts ? picture.prompt : name} />`
    }
    ${hasPrompts && picture.uri !== null ? html`<p class="muted">${picture.prompt}</p>` : nothing}
    <div class="answers">${answer('Active', true)} ${answer('Not', false)}</div>
    ${
      truth === undefined
        ? nothing
        : html`<p class="verdict">
            ${isWrong ? '✗' : '✓'} ${truth ? 'It is active here.' : 'It is not active here.'}
          </p>`
    }
  </li>`;
}

function outcome({ result, labelText }: BlindState): TemplateResult | typeof nothing {
  if (!result) return nothing;
  const { balancedAccuracy, low, high, positiveCount, negativeCount } = result;
  const isChance = low <= 0.5;
  return html`<div class="outcome" role="status">
    <p>
      <b>Balanced accuracy ${significant(balancedAccuracy, 2)}</b> (95 % interval
      ${significant(low, 2)} to ${significant(high, 2)}; 0.5 is chance), over ${positiveCount}
      pictures with and ${negativeCount} without it.
    </p>
    <p class="muted">
      ${isChance ? 'This may well be chance. ' : ''}(hits / pictures with it + correct rejections /
      pictures without it) / 2; the interval is the central 95 % of its posterior with flat priors
      on both rates. ${labelText === '' ? '' : `Kept as the confidence of “${labelText}”.`}
    </p>
  </div>`;
}
