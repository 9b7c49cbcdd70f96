import { Duplex } from 'node:stream';
import { readTarget, targetText, type Target } from '@sallyport/carrier';
import { ProblemError } from '@sallyport/kit';
import type { Counter } from 'prom-client';
import { createConnectorToken } from './connector-token.ts';
import type { Through } from './connector-way.ts';
import { createFindPeer, type Peers } from './find-peer.ts';
import type { OwnCarriers } from './own-carriers.ts';

type ThroughDeps = {
  own: Pick<OwnCarriers, 'isConnected' | 'find' | 'of' | 'memberOf' | 'tokenOf' | 'withTokenFor'>;
  /** Undefined if there are no other replicas. */
  peers: Peers | undefined;
  dials: Pick<Counter<'connector' | 'result'>, 'inc'>;
  now(): number;
};

/** Returns a stream that fails at once. */
const failedDial = (error: Error): Duplex =>
  new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(error) }).destroy(error);

/** Creates the problem of a connector that is not connected, which says since when. */
function createNotConnected({ own, now }: Pick<ThroughDeps, 'own' | 'now'>) {
  const startedAt = now();
  return (connector: string): ProblemError => {
    const at = own.of(connector).length > 0 ? now() : own.memberOf(connector)?.lostAt;
    const since = new Date(at ?? startedAt).toISOString();
    return new ProblemError(
      'connector-not-connected',
      at === undefined
        ? `The connector "${connector}" has not connected since the gateway started at ${since}.`
        : `The connector "${connector}" has not been connected since ${since}.`,
    );
  };
}

/**
 * Creates the ways through connectors: over a connection to this replica, or else over another replica that has one.
 */
export function createThrough({ own, peers, dials, now }: ThroughDeps): Through {
  const peer = createFindPeer(peers);
  const notConnected = createNotConnected({ own, now });
  const count = (connector: string, dial: Duplex, result: string) => {
    let isConnected = false;
    dial.once('connect', () => {
      isConnected = true;
      dials.inc({ connector, result });
    });
    dial.once('close', () => {
      if (!isConnected) dials.inc({ connector, result: 'failed' });
    });
    return dial;
  };
  const dialThrough = (connector: string, target: Target): Duplex => {
    const carrier = own.find(connector);
    if (carrier) return count(connector, carrier.dial(target), 'connected');
    const onLost = () => {
      peer.forget(connector);
      return notConnected(connector);
    };
    const asked = { connector, target, notConnected: onLost };
    const handed = peers?.dialer.dial(peer.addressesOf(connector), asked);
    return handed ? count(connector, handed, 'handed-over') : failedDial(notConnected(connector));
  };
  const tokenOf = (connector: string, { host, port }: Target) => {
    // Both sides write an address in the same way.
    const server = targetText(readTarget(targetText({ host, port })) ?? { host, port });
    const askPeer = async (renew: boolean) => {
      const token = await peers?.dialer.token(peer.addressesOf(connector), { connector, server, renew });
      if (!token) peer.forget(connector);
      return token;
    };
    return createConnectorToken({ connector, server, own, askPeer, now });
  };
  return (connector, tokenFor) => {
    const token = tokenFor && tokenOf(connector, tokenFor);
    return {
      ready() {
        if (own.isConnected(connector)) return !token || token.isThere() ? undefined : token.ready();
        return peer.find(connector).then((isFound) => {
          if (!isFound) throw notConnected(connector);
          return token?.ready();
        });
      },
      dial: (target) => dialThrough(connector, target),
      token: token?.source,
    };
  };
}
