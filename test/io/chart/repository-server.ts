import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A chart repository of the test's own making on a free port of 127.0.0.1. */
export class RepositoryServer {
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers'] }[] = [];
  readonly #routes = new Map<string, Handler>();
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(tls: ServerOptions | undefined) {
    const listener: RequestListener = (request, response) => {
      const path = request.url ?? '';
      this.requests.push({ path, headers: request.headers });
      const handler = this.#routes.get(path.split('?', 1)[0] ?? '');
      if (handler === undefined) response.writeHead(404).end();
      else handler(request, response);
    };
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  static async start(tls?: ServerOptions): Promise<RepositoryServer> {
    const server = new RepositoryServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  on(path: string, handler: Handler): void {
    this.#routes.set(path, handler);
  }

  serve(path: string, body: string | Buffer, headers: Record<string, string> = {}): void {
    this.on(path, (_request, response) => response.writeHead(200, headers).end(body));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
