import type { Carrier, SentToken } from '@sallyport/carrier/gateway';
import { ProblemError, withDeadline } from '@sallyport/kit';
import type { TokenSource } from './connector-way.ts';
import type { OwnCarriers } from './own-carriers.ts';

export type ConnectorTokenDeps = {
  connector: string;
  /** The only server for which the token is used, as host:port. */
  server: string;
  own: Pick<OwnCarriers, 'isConnected' | 'tokenOf' | 'withTokenFor'>;
  /** Asks another replica. With `renew`, that one first asks the connector for another token. */
  askPeer(renew: boolean): Promise<SentToken | undefined>;
  now(): number;
};

/** How long a request waits for the first token of a connection, in milliseconds. */
const waitMs = 1700;
/** For how long a token from another replica is used. It is in the memory of that one. */
const peerTokenMs = 5000;
/** How soon another token is asked for after the API server refused one. */
const renewMs = 10_000;

/** Resolves when one of these carriers has sent a token, or rejects in time. */
function firstToken(carriers: readonly Carrier[], late: () => Error): Promise<void> {
  const stops: (() => void)[] = [];
  const sent = new Promise<void>((resolve) => {
    for (const one of carriers) stops.push(one.onToken(() => resolve()));
  });
  return withDeadline(sent, waitMs, late).finally(() => {
    for (const stop of stops) stop();
  });
}

/** Creates the source of the token that a connector sends for one server. It is in memory only. */
export function createConnectorToken({ connector, server, own, askPeer, now }: ConnectorTokenDeps) {
  let fromPeer: SentToken | undefined;
  let renewedAt = -Infinity;
  const noToken = () =>
    new ProblemError('service-unavailable', `The connector "${connector}" has no token for this cluster.`, {
      cause: new Error(`there is no token for ${server}`),
    });
  const fetch = async (renew: boolean) => {
    const token = await askPeer(renew).catch(() => undefined);
    fromPeer = token;
    setTimeout(() => {
      if (fromPeer === token) fromPeer = undefined;
    }, peerTokenMs).unref();
  };
  const current = (): string | undefined =>
    own.tokenOf(connector, server)?.token ?? (fromPeer && fromPeer.until > now() ? fromPeer.token : undefined);
  const source: TokenSource = {
    current() {
      const token = current();
      // Without it, the API server would take the request as one of `system:anonymous`.
      if (token === undefined) throw noToken();
      return token;
    },
    async refresh() {
      if (now() - renewedAt < renewMs) return;
      renewedAt = now();
      const carriers = own.withTokenFor(connector, server);
      for (const one of carriers) one.renewToken();
      if (carriers.length === 0) await fetch(true);
    },
  };
  return {
    source,
    isThere: () => current() !== undefined,
    /** Waits until it is there. Rejects with the problem if it is not in time. */
    async ready(): Promise<void> {
      if (current() !== undefined) return;
      const carriers = own.withTokenFor(connector, server);
      if (carriers.length > 0) await firstToken(carriers, noToken);
      else if (!own.isConnected(connector)) await fetch(false);
      if (current() === undefined) throw noToken();
    },
  };
}
