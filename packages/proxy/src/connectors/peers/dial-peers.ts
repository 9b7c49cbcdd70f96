import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CarriedStream, CarrierError, pinnedTls, readTarget, targetText, type Target } from '@sallyport/carrier';
import type { SentToken } from '@sallyport/carrier/gateway';
import { giveUpSilent } from '@sallyport/http2';
import { fieldsOf, parseJson, withDeadline } from '@sallyport/kit';
import {
  connectorHeader,
  isPeer,
  peerLimits,
  peerProtocol,
  reasonHeader,
  sessionWindow,
  type PeerKeys,
} from './peer-protocol.ts';

type Session = { http2: ClientHttp2Session; dials: Set<Duplex> };

const openMs = 800;
const callMs = 1000;
/** A silent replica is given up within 15 seconds. */
const pingMs = 5000;

const late = (what: string, ms: number) => () => new Error(`${what} did not respond within ${ms} ms`);

/** Connects to another replica, and makes sure that it is one before anything is sent. */
async function openTls(address: string, keys: PeerKeys): Promise<TLSSocket> {
  const at = readTarget(address);
  if (!at) throw new Error(`${address} is not an address`);
  const socket = connectTls({ ...at, ...pinnedTls(keys.privateKey(), peerProtocol) });
  socket.setNoDelay();
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.on('error', fail).setTimeout(openMs, () => fail(late(address, openMs)()));
    socket.once('close', () => fail(new Error(`${address} closed the connection`)));
    socket.once('secureConnect', () => {
      if (!isPeer(socket, keys)) return fail(new Error(`${address} has another key`));
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

async function openSession(address: string, keys: PeerKeys): Promise<Session> {
  const socket = await openTls(address, keys);
  const http2 = connectHttp2('https://peer', { ...peerLimits, createConnection: () => socket });
  const dials = new Set<Duplex>();
  http2.on('error', () => {});
  // Its pools give up the connections over it.
  http2.once('goaway', () => dials.forEach((dial) => dial.emit('draining')));
  await withDeadline(
    new Promise<void>((resolve, reject) => {
      http2.once('remoteSettings', () => resolve());
      http2.once('close', () => reject(new Error(`${address} closed the connection`)));
    }),
    openMs,
    late(address, openMs),
  ).catch((error: unknown) => {
    http2.destroy();
    throw error;
  });
  http2.setLocalWindowSize(sessionWindow);
  giveUpSilent({ session: http2, socket, pingMs }, () => http2.destroy(new Error('the replica does not respond')));
  return { http2, dials };
}

type Asked = { connector: string; target: Target; notConnected: () => Error };

/** Opens a dial through a connector that is connected to another replica. */
function dialOver({ http2, dials }: Session, { connector, target, notConnected }: Asked): Duplex {
  const authority = targetText(target);
  const stream = http2.request({ ':method': 'CONNECT', ':authority': authority, [connectorHeader]: connector });
  const dial = new CarriedStream();
  stream.once('response', ({ ':status': status, [reasonHeader]: reason }) => {
    if (status === 200) dial.connected();
    else if (status === 503) dial.destroy(notConnected());
    else dial.destroy(new CarrierError('dial-failed', `${authority}: ${String(reason ?? status)}`));
  });
  dial.attach(stream, (cause) => new CarrierError('carrier-lost', 'the other replica ended the stream', { cause }));
  dials.add(dial);
  dial.once('close', () => dials.delete(dial));
  return dial;
}

async function askToken({ http2 }: Session, headers: Record<string, string>, now: () => number) {
  const stream = http2.request({ ':path': '/token', ...headers }, { endStream: true });
  stream.on('error', () => {});
  const status = new Promise<number | undefined>((resolve) => {
    stream.once('response', (answer) => resolve(answer[':status']));
    stream.once('close', () => resolve(undefined));
  });
  if ((await status) !== 200) return void stream.destroy();
  const { token, msLeft } = fieldsOf(parseJson(await text(stream)));
  return typeof token === 'string' && typeof msLeft === 'number' ? { token, until: now() + msLeft } : undefined;
}

/** Hands dials to other replicas. Connections to them are kept. */
export function createPeerDialer({ keys, now }: { keys: PeerKeys; now: () => number }) {
  const opened = new Map<string, { opening: Promise<Session>; session?: Session }>();
  const live = (address: string) => {
    const session = opened.get(address)?.session;
    return session && !session.http2.closed && !session.http2.destroyed ? session : undefined;
  };
  const open = (address: string): Promise<Session> => {
    const known = opened.get(address);
    if (known && (!known.session || live(address))) return known.opening;
    const entry: { opening: Promise<Session>; session?: Session } = { opening: openSession(address, keys) };
    opened.set(address, entry);
    const forget = () => void (opened.get(address) === entry && opened.delete(address));
    entry.opening.then((session) => {
      entry.session = session;
      session.http2.once('close', forget);
      if (session.http2.destroyed) forget();
    }, forget);
    return entry.opening;
  };
  return {
    /** Reports whether there is a connection to one of these replicas. */
    isOpen: (addresses: readonly string[]): boolean => addresses.some((one) => live(one) !== undefined),
    /** Connects to one of these replicas, unless there is a connection. Rejects if none responds. */
    open: (addresses: readonly string[]): Promise<unknown> => Promise.any(addresses.map(open)),
    /** Opens a dial through a connector over the first of these replicas to which there is a connection. */
    dial(addresses: readonly string[], asked: Asked): Duplex | undefined {
      const session = addresses.map(live).find((one) => one !== undefined);
      return session && dialOver(session, asked);
    },
    /** Asks one of these replicas for the token of a connector for a server. With `renew`, it asks the connector first. */
    async token(
      addresses: readonly string[],
      { connector, server, renew }: { connector: string; server: string; renew: boolean },
    ): Promise<SentToken | undefined> {
      const session = await Promise.any(addresses.map(open));
      const headers = { ':method': renew ? 'POST' : 'GET', ':authority': server, [connectorHeader]: connector };
      return withDeadline(askToken(session, headers, now), callMs, late('the other replica', callMs));
    },
    close(): void {
      for (const { session } of opened.values()) session?.http2.destroy();
    },
  };
}
export type PeerDialer = ReturnType<typeof createPeerDialer>;
