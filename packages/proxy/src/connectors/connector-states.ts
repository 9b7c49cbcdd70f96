import type { CarrierStatus, ReplicaStatus } from '@sallyport/contracts';
import type { Carrier } from '@sallyport/carrier/gateway';
import type { OwnCarriers } from './own-carriers.ts';
import type { PeerReport } from './peers/find-peers.ts';

type CarrierRow = CarrierStatus & { replica: string };

/** A connector, as operators see it. Times are milliseconds since the epoch. */
export type ConnectorState = {
  name: string;
  connected: boolean;
  /** Since when it is connected or is not. Undefined if it never was, as far as this replica knows. */
  since: number | undefined;
  carriers: CarrierRow[];
  ended: readonly { at: number; durationMs: number; reason: string }[];
};

const statusOf = (carrier: Carrier): CarrierStatus => ({
  connector: carrier.connector,
  id: carrier.id,
  since: carrier.since,
  version: carrier.version,
  seen: carrier.seenAt(),
  roundTripMs: carrier.roundTripMs(),
  streams: carrier.streams(),
});

/** What this replica reports of its connections. Changes that come together are reported together. */
export function createConnectorReport(own: OwnCarriers, peerAddress: string | undefined) {
  return {
    status: (): Pick<ReplicaStatus, 'carriers' | 'peerAddress'> => ({
      carriers: own.open().map(statusOf),
      ...(peerAddress === undefined ? {} : { peerAddress }),
    }),
    onStatus(listener: () => void): () => void {
      let timer: NodeJS.Timeout | undefined;
      const stop = own.onChange(() => {
        timer ??= setTimeout(() => {
          timer = undefined;
          listener();
        }, 100).unref();
      });
      return () => {
        clearTimeout(timer);
        stop();
      };
    },
  };
}

/** Creates what tells the states of connectors: from the live connections here, and from what other replicas report. */
export function createConnectorStates(deps: {
  own: OwnCarriers;
  findPeers: () => Promise<PeerReport[]>;
  replica: string;
}): () => Promise<ConnectorState[]> {
  const { own, replica } = deps;
  return async () => {
    const peers = await deps.findPeers().catch((): PeerReport[] => []);
    const rows: CarrierRow[] = [
      ...own.open().map((carrier) => ({ ...statusOf(carrier), replica })),
      ...peers.flatMap(({ id, carriers }) => carriers.map((one) => ({ ...one, replica: id }))),
    ];
    const byConnector = Map.groupBy(rows, ({ connector }) => connector);
    return own.names().map((name) => {
      const carriers = byConnector.get(name) ?? [];
      const { lostAt, ended = [] } = own.memberOf(name) ?? {};
      const connected = carriers.length > 0;
      const since = connected ? Math.min(...carriers.map((one) => one.since)) : lostAt;
      return { name, connected, since, carriers, ended };
    });
  };
}
