import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';

export type ApiAnswer = { status: number; body: string };

/** A client of the API server with a client certificate and without kubectl. The bed uses it to wait for objects. */
export type ApiClient = {
  get(path: string): Promise<ApiAnswer>;
  getJson<T>(path: string): Promise<T>;
  close(): void;
};

export function createApiClient(options: {
  server: string;
  caPem: string;
  certPem: string;
  keyPem: string;
}): ApiClient {
  const agent = new Agent({ keepAlive: true, ca: options.caPem, cert: options.certPem, key: options.keyPem });
  const get = (path: string): Promise<ApiAnswer> =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, options.server), { agent, timeout: 5_000 }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer within 5 s')));
      sent.once('error', reject);
      sent.end();
    });
  return {
    get,
    getJson: async <T>(path: string): Promise<T> => {
      const answer = await get(path);
      if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status}`);
      return JSON.parse(answer.body) as T;
    },
    close: () => agent.destroy(),
  };
}
