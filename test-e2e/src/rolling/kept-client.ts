import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

/** A request of a client, to a path of the gateway. */
export type PlainRequest = { method: 'GET' | 'POST'; path: string; body?: string };

/** The answer, or why there is none although the request was sent, and how long the client waited in milliseconds. */
export type Outcome = { status: number; text: string; broken?: string; ms: number };

/** A client with one connection, which it keeps. */
export type KeptClient = { send(wanted: PlainRequest): Promise<Outcome>; close(): void };

/** A request that did not leave this machine. */
class NotSent extends Error {}

const retryMs = 20;
/** How long a client tries to connect. It is longer than any pause that a user would accept. */
const patienceMs = 20_000;

/**
 * Creates a client that treats connections as client-go does: it keeps one, opens another when it was closed, and tries
 * again as long as it cannot connect. A request that was sent is never repeated, not even one that only reads: client-go
 * would hide a loss there.
 */
export function createKeptClient(deps: { url: string; ca: string; token: string }): KeptClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: deps.ca });
  const once = ({ method, path, body }: PlainRequest): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      let sent = false;
      const headers = {
        authorization: `Bearer ${deps.token}`,
        accept: 'application/json',
        'user-agent': 'kubectl/v1.36.3',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const open = request(new URL(path, deps.url), { agent, method, headers, timeout: 30_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      open.on('socket', (socket) => {
        if (open.reusedSocket) sent = true;
        else socket.once('secureConnect', () => (sent = true));
      });
      open.on('timeout', () => open.destroy(new Error('no answer within 30 s')));
      open.on('error', (cause) => reject(sent ? cause : new NotSent('not sent', { cause })));
      open.end(body);
    });
  return {
    async send(wanted) {
      const began = performance.now();
      const ms = () => Math.round(performance.now() - began);
      for (;;) {
        try {
          return { ...(await once(wanted)), ms: ms() };
        } catch (error) {
          if (!(error instanceof NotSent)) return { status: 0, text: '', broken: (error as Error).message, ms: ms() };
          if (ms() > patienceMs)
            return { status: 0, text: '', broken: `cannot connect: ${(error.cause as Error).message}`, ms: ms() };
          await pause(retryMs);
        }
      }
    },
    close: () => agent.destroy(),
  };
}
