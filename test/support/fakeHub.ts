import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server does wrong with one answer; nothing: it is right. */
export interface Fault {
  /** Ends the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Says nothing more after so many bytes. */
  readonly stallAfter?: number;
  readonly status?: number;
  /** Gives the whole file, whatever range was asked for. */
  readonly ignoresRange?: boolean;
  readonly wrongBytes?: boolean;
  /** More than it lists. */
  readonly extraBytes?: number;
}

export const commit = 'c0ffee0000000000000000000000000000000000';

/** A server on 127.0.0.1 that speaks the hub's API for one repository, and goes wrong as it is told. */
export class FakeHub {
  /** Asked before each answer with a file's bytes. */
  fault: (path: string, requestIndex: number) => Fault = () => ({});
  /** What is listed instead of the truth, by path. */
  listedSizes: Readonly<Record<string, number>> = {};
  sentBytes = 0;
  token: string | undefined;
  readonly requests: { readonly path: string; readonly range: string | undefined }[] = [];
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #repo: string;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response);
  });

  /** @param repo `me/mine`, or `datasets/me/mine` */
  constructor(files: ReadonlyMap<string, Uint8Array>, repo = 'me/mine') {
    this.#files = files;
    this.#repo = repo;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401).end();
      return;
    }
    const json = (value: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    const api = `/api/${this.#repo.startsWith('datasets/') ? '' : 'models/'}${this.#repo}`;
    if (pathname.startsWith(`${api}/paths-info/`)) void this.#pathsInfo(request).then(json);
    else if (pathname.startsWith(`${api}/tree/`)) json(this.#listing());
    else if (pathname.startsWith(api)) {
      const facts = { _id: '1', id: 'me/mine', sha: commit, private: false, gated: false };
      json({ ...facts, downloads: 0, likes: 0, lastModified: '2026-01-01T00:00:00.000Z' });
    } else this.#sendFile(decodeURIComponent(pathname), request, response);
  }

  async #pathsInfo(request: IncomingMessage): Promise<unknown[]> {
    const { paths } = (await jsonOf(request)) as { readonly paths: readonly string[] };
    return this.#listing().filter(({ path }) => paths.includes(path));
  }

  #listing(): { readonly path: string }[] {
    return [...this.#files].map(([path, bytes]) => {
      const size = this.listedSizes[path] ?? bytes.length;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const oid = createHash('sha1')
        .update(`blob ${String(bytes.length)}\0`)
        .update(bytes)
        .digest('hex');
      const isLarge = /\.onnx|\.pth$|\.pt$|\.jpg$/.test(path);
      return {
        type: 'file',
        path,
        size,
        oid,
        ...(isLarge && { lfs: { oid: sha256, size, pointerSize: 134 } }),
      };
    });
  }

  #sendFile(pathname: string, { headers }: IncomingMessage, response: ServerResponse): void {
    const path = pathname.replace(`/${this.#repo}/resolve/${commit}/`, '');
    const bytes = this.#files.get(path);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    const { range } = headers;
    const fault = this.fault(path, this.requests.length);
    this.requests.push({ path, range });
    this.sentBytes += sendBytes(bytes, { headers }, response, fault);
  }
}

/**
 * Answers with a file, or from where its range begins.
 *
 * @returns how many of its bytes were sent
 */
export function sendBytes(
  bytes: Uint8Array,
  { headers: { range } }: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  fault: Fault,
): number {
  if (fault.status !== undefined) {
    response.writeHead(fault.status).end();
    return 0;
  }
  const from = fault.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const body = Buffer.concat([bytes.subarray(from), Buffer.alloc(fault.extraBytes ?? 0, 7)]);
  if (fault.wrongBytes) body.fill(1);
  const end = Math.min(fault.cutAfter ?? Infinity, fault.stallAfter ?? Infinity, body.length);
  const isPart = range !== undefined && !fault.ignoresRange;
  response.writeHead(isPart ? 206 : 200, {
    'content-length': body.length,
    ...(isPart && {
      'content-range': `bytes ${String(from)}-${String(bytes.length - 1)}/${String(bytes.length)}`,
    }),
  });
  response.write(body.subarray(0, end), () => {
    if (fault.cutAfter !== undefined && end < body.length) response.socket?.destroySoon();
    else if (fault.stallAfter === undefined) response.end();
  });
  return end;
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}
