import type { AcceptanceSavedState } from '../../protocol/acceptancePanel.ts';
import type { AcceptanceSettings } from '../../protocol/saes.ts';
import {
  type AcceptanceLife,
  acceptanceLife,
  type AcceptancePanelsPorts,
  emptyAcceptanceTitle,
} from './acceptanceLife.ts';
import type { AcceptanceSession, SaeRef } from './acceptanceSession.ts';
import { OpenPanels } from './openPanels.ts';

/** The open acceptance reports: one an SAE, so that two can be looked at side by side. */
export class AcceptancePanels extends OpenPanels<AcceptanceLife> {
  constructor(ports: AcceptancePanelsPorts) {
    const { extensionUri } = ports;
    super({
      ...{ extensionUri, folders: null, name: 'acceptance', title: emptyAcceptanceTitle },
      viewType: 'featurescope.acceptance',
      isBeside: false,
      canRestore: isSaeRef,
      make: (shell, saved) =>
        acceptanceLife(ports, shell, { ...(saved as SaeRef), settings: savedSettings(saved) }),
    });
  }

  open(ref: SaeRef): AcceptanceSession {
    const open = this.lives.find(
      ({ session }) => session.ref.saeId === ref.saeId && session.ref.modelDir === ref.modelDir,
    );
    if (open) this.reveal(open);
    return (open ?? this.add({}, ref)).session;
  }

  /** SAEs changed, or what failed for want of an engine or of trust can be tried again. */
  reload(): void {
    for (const { session } of this.lives) void session.load();
  }
}

function isSaeRef(saved: unknown): saved is SaeRef {
  const { modelDir, saeId } = (saved ?? {}) as Partial<SaeRef>;
  return typeof modelDir === 'string' && typeof saeId === 'string';
}

/** What a page of this version left behind; settings of another shape are not taken over. */
function savedSettings(saved: unknown): AcceptanceSettings | null {
  const { settings } = (saved ?? {}) as Partial<AcceptanceSavedState>;
  if (!settings || !Array.isArray(settings.prompts)) return null;
  const numbers = [settings.seed, settings.steps, settings.guidanceScale];
  const isWhole = numbers.every((value) => typeof value === 'number');
  return isWhole && settings.prompts.every((one) => typeof one === 'string') ? settings : null;
}
