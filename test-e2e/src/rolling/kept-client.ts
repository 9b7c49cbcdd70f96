import { once } from 'node:events';
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
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

type Target = { url: string; ca: string; token: string };
type Answer = { status: number; text: string };

const headersOf = ({ token }: Target, body: string | undefined) => ({
  authorization: `Bearer ${token}`,
  accept: 'application/json',
  'user-agent': 'kubectl/v1.36.3',
  ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
});

/**
 * Creates a client that treats connections as client-go does: it keeps one, opens another when it was closed, and tries
 * again as long as it cannot connect. A request that was sent is never repeated, not even one that only reads: client-go
 * would hide a loss there.
 */
function keep(ask: (wanted: PlainRequest) => Promise<Answer>, close: () => void): KeptClient {
  return {
    async send(wanted) {
      const began = performance.now();
      const ms = () => Math.round(performance.now() - began);
      for (;;) {
        try {
          return { ...(await ask(wanted)), ms: ms() };
        } catch (error) {
          if (!(error instanceof NotSent)) return { status: 0, text: '', broken: (error as Error).message, ms: ms() };
          if (ms() > patienceMs)
            return { status: 0, text: '', broken: `cannot connect: ${(error.cause as Error).message}`, ms: ms() };
          await pause(retryMs);
        }
      }
    },
    close,
  };
}

/** Creates such a client of HTTP/1.1. */
export function createKeptClient(target: Target): KeptClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: target.ca });
  const ask = ({ method, path, body }: PlainRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      let sent = false;
      const options = { agent, method, headers: headersOf(target, body), timeout: 30_000 };
      const open = request(new URL(path, target.url), options, (response) => {
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
  return keep(ask, () => agent.destroy());
}

/** Creates such a client of HTTP/2. It repeats what the gateway says that it did not process, as client-go does. */
export function createKeptHttp2Client(target: Target): KeptClient {
  let session: ClientHttp2Session | undefined;
  const connect = async (): Promise<ClientHttp2Session> => {
    if (session && !session.closed && !session.destroyed) return session;
    session = connectHttp2(target.url, { ca: target.ca });
    const opening = session.on('error', () => {});
    try {
      await once(opening, 'connect');
    } catch (cause) {
      throw new NotSent('not sent', { cause });
    }
    return opening;
  };
  const ask = async ({ method, path, body }: PlainRequest): Promise<Answer> => {
    const open = await connect();
    return new Promise((resolve, reject) => {
      let status: number | undefined;
      let failure: Error | undefined;
      const chunks: Buffer[] = [];
      const stream = open.request({ ':method': method, ':path': path, ...headersOf(target, body) });
      stream.setTimeout(30_000, () => stream.destroy(new Error('no answer within 30 s')));
      stream.on('response', (headers) => (status = headers[':status']));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', (error) => (failure = error));
      stream.on('close', () => {
        const { rstCode } = stream;
        const cause = failure ?? new Error(`the stream ended with code ${rstCode}`);
        if (rstCode === constants.NGHTTP2_REFUSED_STREAM) reject(new NotSent('refused', { cause }));
        else if (status === undefined || rstCode !== constants.NGHTTP2_NO_ERROR) reject(cause);
        else resolve({ status, text: Buffer.concat(chunks).toString('utf8') });
      });
      stream.end(body);
    });
  };
  return keep(ask, () => session?.destroy());
}
