import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { CarrierError } from '../shared/carrier-error.ts';
import { Link, sessionOptions, sessionWindow } from '../shared/link.ts';
import { pinnedTls, provenKey } from '../shared/pinned-tls.ts';
import { WebSocketBytes } from '../shared/web-socket-bytes.ts';
import { serveSession, type Answers } from './serve-session.ts';
import { openWebSocket } from './upgrade.ts';

export type OpenCarrierDeps = Answers & {
  /** The gateway. The path of carriers is added to its own. */
  url: URL;
  /** PEM; what Node.js trusts if undefined. */
  ca?: string | undefined;
  /** Opens the TCP connection to host and port of the URL, through a proxy if there is one. */
  connectSocket(url: URL, signal: AbortSignal): Promise<Socket>;
  privateKey: KeyObject;
  gatewayKeys: readonly KeyObject[];
  limits?: { handshakeMs?: number; streams?: number; /** See CarrierLimits. */ tickMs?: number };
};

/** A carrier as the connector has it. */
export type OpenCarrier = {
  streams(): number;
  roundTripMs(): number | undefined;
  /** Resolves when the gateway asks to dial again elsewhere. */
  draining: Promise<void>;
  /** Resolves to the reason when it is gone. */
  closed: Promise<string>;
  /** Takes no new streams, and ends once those that it has have ended, or after `graceMs`. */
  close(graceMs?: number): Promise<void>;
};

/** More than the gateway uses, because it counts its own. */
const mostStreams = 1010;

const refusals: Record<string, string> = {
  'not-known': 'the gateway does not know the key of this connector',
  'too-many': 'the gateway has as many connections of this connector as it allows',
  timeout: 'the gateway did not complete the handshake',
};

/** Says why the gateway ended the handshake, by the reason that it may have sent. */
function refusalOf(bytes: WebSocketBytes, cause: unknown): CarrierError {
  const reason = bytes.closeReason;
  const code = reason === 'not-known' ? 'not-known' : reason === 'too-many' ? 'busy' : 'protocol';
  return new CarrierError(code, refusals[reason] ?? `the gateway ended the handshake: ${(cause as Error).message}`, {
    cause,
  });
}

async function beginTls(bytes: WebSocketBytes, deps: OpenCarrierDeps, signal: AbortSignal): Promise<TLSSocket> {
  const secure = connect({ ...pinnedTls(deps.privateKey), socket: bytes });
  secure.on('error', () => {});
  await once(secure, 'secureConnect', { signal });
  const key = provenKey(secure);
  if (key && deps.gatewayKeys.some((one) => one.equals(key))) return secure;
  secure.destroy();
  throw new CarrierError('other-gateway', 'the gateway does not have one of the keys in gatewayPublicKeys');
}

/** Begins HTTP/2 as its server. Resolves once the gateway takes it as a carrier and listens for its notices. */
async function beginSession(
  layers: { bytes: WebSocketBytes; secure: TLSSocket },
  deps: OpenCarrierDeps,
  onLink: (link: Link) => void,
): Promise<OpenCarrier> {
  const maxConcurrentStreams = deps.limits?.streams ?? mostStreams;
  const server = createServer({ ...sessionOptions, settings: { ...sessionOptions.settings, maxConcurrentStreams } });
  const begun = once(server, 'session') as Promise<[ServerHttp2Session]>;
  server.emit('connection', layers.secure);
  const [session] = await begun;
  session.setLocalWindowSize(sessionWindow);
  const link = new Link({ ...layers, session });
  onLink(link);
  let onDrain = () => {};
  const draining = new Promise<void>((resolve) => {
    onDrain = resolve;
  });
  const leave = await new Promise<() => void>((resolve, reject) => {
    const served = serveSession({ session, link }, deps, { onAccepted: () => resolve(served.leave), onDrain });
    void link.closed.then((reason) => reject(new Error(reason)));
  });
  return {
    streams: () => link.streams.size,
    roundTripMs: () => link.roundTripMs,
    draining,
    closed: link.closed,
    async close(graceMs = 0) {
      leave();
      const timer = setTimeout(() => link.end('the connector is shutting down'), graceMs);
      await link.closed;
      clearTimeout(timer);
    },
  };
}

/** Opens one carrier. Rejects with a CarrierError that says which layer refused. */
export async function openCarrier(deps: OpenCarrierDeps, aborted?: AbortSignal): Promise<OpenCarrier> {
  const { handshakeMs = 10_000, tickMs = 1000 } = deps.limits ?? {};
  const signal = AbortSignal.any([AbortSignal.timeout(handshakeMs), ...(aborted ? [aborted] : [])]);
  const { socket, head } = await openWebSocket(deps, signal);
  let link: Link | undefined;
  let secure: TLSSocket | undefined;
  const bytes = new WebSocketBytes({ socket, head, side: 'connector', onAlive: (count) => link?.alive(count) });
  const failed = new Promise<never>((_resolve, reject) => {
    bytes.on('error', reject);
    for (const event of ['end', 'close']) bytes.on(event, () => reject(new Error('it closed the connection')));
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  failed.catch(() => {});
  try {
    secure = await Promise.race([beginTls(bytes, deps, signal), failed]);
    const begun = beginSession({ bytes, secure }, deps, (made) => {
      link = made;
    });
    const carrier = await Promise.race([begun, failed]);
    const ticks = setInterval(() => link!.tick(), tickMs);
    void carrier.closed.then(() => clearInterval(ticks));
    return carrier;
  } catch (error) {
    link?.end('the handshake failed');
    secure?.destroy();
    bytes.destroy();
    throw error instanceof CarrierError && error.code !== 'carrier-lost' ? error : refusalOf(bytes, error);
  }
}
