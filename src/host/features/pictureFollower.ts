import type { ResultPicture } from '../../protocol/resultPanel.ts';
import type { CurrentPicture, KeptPicture } from './currentPicture.ts';

/** Makes a picture the current one where nobody chose it: the one just made, or the last of all at the start. */
export class PictureFollower {
  readonly #current: CurrentPicture;
  #followedId: string | undefined;
  #hasFollowedNewest = false;

  constructor(current: CurrentPicture) {
    this.#current = current;
  }

  /** What the last used result panel shows, when that is news. */
  followResult(shown: ResultPicture | undefined): void {
    if (!shown?.isKept || shown.pictureId === this.#followedId) return;
    this.#followedId = shown.pictureId;
    this.#current.show({ runId: shown.pictureId, manifest: shown.manifest });
  }

  /** Before anything was made or opened in this window: the last picture of all. Not again once that was deleted. */
  followNewest([newest]: readonly KeptPicture[]): void {
    if (!newest || this.#hasFollowedNewest) return;
    this.#hasFollowedNewest = true;
    if (!this.#current.picture) this.#current.show(newest);
  }
}
