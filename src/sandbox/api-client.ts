import { Agent, request } from 'node:https';

export interface ApiCredentials {
  readonly url: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** The few calls that bringing a sandbox up needs, over one kept connection. */
export interface ApiClient {
  /** Rejects when the server cannot be reached or is silent for 2 s. */
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<ApiAnswer>;
  close(): void;
}

/** Answers of the calls made here are a few KiB; anything above this is not the server that we started. */
const maxAnswerBytes = 1_048_576;
const silenceMs = 2_000;

export function createApiClient(credentials: ApiCredentials): ApiClient {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 2,
    ca: credentials.caPem,
    cert: credentials.certificatePem,
    key: credentials.privateKeyPem,
  });
  return {
    close: () => agent.destroy(),
    async call(method, path, body): Promise<ApiAnswer> {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      return await new Promise<ApiAnswer>((resolve, reject) => {
        const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
        const sent = request(new URL(path, credentials.url), { agent, method, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
            if (text.length > maxAnswerBytes) response.destroy(new Error(`answer of ${path} is over 1 MiB`));
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
          response.on('error', reject);
        });
        sent.setTimeout(silenceMs, () => sent.destroy(new Error(`no answer to ${path} within 2 s`)));
        sent.on('error', reject);
        sent.end(payload);
      });
    },
  };
}
