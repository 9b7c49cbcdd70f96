import { constants, type Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { provenKey } from '@sallyport/carrier';
import type { ServiceKeys } from '@sallyport/kit';

/** The ALPN name of what replicas of the gateway speak with each other. */
export const peerProtocol = 'sallyport-dial/1';

/** The key that all replicas of the gateway have, and its public halves: two while it is replaced. */
export type PeerKeys = Pick<ServiceKeys, 'privateKey' | 'publicKeysOf'>;

/** Reports whether the other side of a connection has the key of the gateway. */
export function isPeer(socket: TLSSocket, { publicKeysOf }: Pick<PeerKeys, 'publicKeysOf'>): boolean {
  const key = provenKey(socket, peerProtocol);
  return key !== undefined && publicKeysOf('proxy').some((one) => one.equals(key));
}

/** Asks the other side of a connection to begin nothing more over it. What it has sent already is still taken. */
export const askToLeave = (session: Http2Session): void => session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);

/** Names the connector of a dial between replicas. */
export const connectorHeader = 'sallyport-connector';
/** Says why a dial failed. */
export const reasonHeader = 'sallyport-reason';

/** A stalled stream must hold up no other, so a connection may have much more under way than a stream. */
const streamWindow = 1024 * 1024;
export const sessionWindow = 64 * streamWindow;

/** What both sides of a connection allow. The memory is in megabytes. */
export const peerLimits = {
  maxSessionMemory: 1000,
  settings: { initialWindowSize: streamWindow, maxConcurrentStreams: 100_000, enablePush: false },
};
