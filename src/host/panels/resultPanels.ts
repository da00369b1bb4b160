import { OpenPanels } from './openPanels.ts';
import { emptyTitle, type ResultLife, resultLife, type ResultPanelsPorts } from './resultLife.ts';
import type { ResultSession, ShownPicture } from './resultSession.ts';

/** All open result panels, the last used one first. */
export class ResultPanels extends OpenPanels<ResultLife> {
  constructor(ports: ResultPanelsPorts) {
    const { extensionUri, onChange } = ports;
    super({
      ...{ extensionUri, folders: null, name: 'result', title: emptyTitle },
      viewType: 'featurescope.result',
      isBeside: false,
      // Ten pushes a second look continuous and leave the window free.
      pushIntervalMs: 100,
      make: (shell, saved) => resultLife(ports, shell, saved),
      onChange,
    });
  }

  get sessions(): readonly ResultSession[] {
    return this.lives.map(({ session }) => session);
  }

  /** The session that commands without a target mean. */
  get current(): ResultSession | undefined {
    return this.sessions[0];
  }

  /** The last used panel, or a new one when that is busy or holds a picture that exists only there. Shows it. */
  available({ preserveFocus = false } = {}): ResultSession {
    const { current } = this;
    const isFree = current && !current.isRunning && !current.unkept;
    return (isFree ? this.show({ preserveFocus }) : this.add({ preserveFocus })).session;
  }

  find(pictureId: string): ShownPicture | undefined {
    return this.sessions.map((session) => session.picture(pictureId)).find(Boolean);
  }
}
