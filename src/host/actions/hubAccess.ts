import { type SecretStorage, window } from 'vscode';
import { setHubToken } from '../../protocol/downloads.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Settings } from '../settings.ts';

const secretKey = 'featurescope.hubToken';

/** Where models are downloaded from, and the token for it: in the editor's secret storage and the engine's memory. */
export class HubAccess {
  readonly #secrets: SecretStorage;
  readonly #settings: Settings;

  constructor(secrets: SecretStorage, settings: Settings) {
    this.#secrets = secrets;
    this.#settings = settings;
  }

  get url(): string {
    return this.#settings.get('download.hub');
  }

  /** Variables that the engine's requests heed: its proxy. */
  get environment(): Readonly<Record<string, string>> {
    const proxy = this.#settings.get('download.proxy');
    return proxy === ''
      ? {}
      : { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: '127.0.0.1' };
  }

  /** Told to an engine before it downloads: it keeps the token in memory alone. */
  async tell(engine: Caller): Promise<void> {
    const token = await this.#secrets.get(secretKey);
    if (token !== undefined) await engine.request(setHubToken, { token });
  }

  async askToken(engine: Caller): Promise<void> {
    const token = await window.showInputBox({
      title: 'Token for Downloads',
      prompt:
        'A token of Hugging Face, for private and gated repositories; empty takes it back. It is kept in the secret storage of the editor.',
      password: true,
      ignoreFocusOut: true,
    });
    if (token === undefined) return;
    const trimmed = token.trim();
    if (trimmed === '') await this.#secrets.delete(secretKey);
    else await this.#secrets.store(secretKey, trimmed);
    await engine.request(setHubToken, { token: trimmed === '' ? null : trimmed });
  }
}
