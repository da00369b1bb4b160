import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fault, sendBytes } from './fakeHub.ts';

/** A server on 127.0.0.1 that speaks NuGet's API for one package, and goes wrong as it is told. */
export class FakeNuget {
  fault: (requestIndex: number) => Fault = () => ({});
  /** What is published instead of the truth. */
  published: Readonly<Record<string, unknown>> = {};
  readonly ranges: (string | undefined)[] = [];
  readonly #bytes: Uint8Array;
  readonly #place: string;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response);
  });

  /** @param place `<id>/<version>`, in lower case */
  constructor(bytes: Uint8Array, place: string) {
    this.#bytes = bytes;
    this.#place = place;
  }

  /** @returns the address of the service index */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `${this.#origin}/v3/index.json`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const json = (value: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    const [id, version] = this.#place.split('/');
    switch (request.url) {
      case '/v3/index.json':
        json({
          resources: [
            { '@id': `${this.#origin}/flat/`, '@type': 'PackageBaseAddress/3.0.0' },
            { '@id': `${this.#origin}/reg`, '@type': 'RegistrationsBaseUrl/3.6.0' },
          ],
        });
        return;
      case `/reg/${this.#place}.json`:
        json({ catalogEntry: `${this.#origin}/catalog/entry.json` });
        return;
      case '/catalog/entry.json':
        json({
          packageHash: createHash('sha512').update(this.#bytes).digest('base64'),
          packageHashAlgorithm: 'SHA512',
          packageSize: this.#bytes.length,
          ...this.published,
        });
        return;
      case `/flat/${this.#place}/${id ?? ''}.${version ?? ''}.nupkg`:
        this.ranges.push(request.headers.range);
        sendBytes(this.#bytes, request, response, this.fault(this.ranges.length - 1));
        return;
      default:
        response.writeHead(404).end();
    }
  }
}
