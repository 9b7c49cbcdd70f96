import { readTarget, targetText } from '@sallyport/carrier';
import { createCarriers, type Carrier, type CarrierLimits, type SentToken } from '@sallyport/carrier/gateway';
import type { AuditSink } from '@sallyport/audit-log';
import type { ConnectorRow } from '@sallyport/contracts/answers';
import { createListeners, type Metrics, type ServiceKeys } from '@sallyport/kit';
import { createConnectorEvents } from './connector-events.ts';
import type { KnownConnector } from './read-connectors.ts';

export type OwnCarriersDeps = Pick<ServiceKeys, 'privateKey'> & {
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  metrics: Metrics;
  now: () => number;
  limits?: Partial<CarrierLimits> | undefined;
};

type Ended = ConnectorRow['ended'][number];

/** What this replica remembers of a connector. */
type Member = {
  carriers: Set<Carrier>;
  lostAt: number | undefined;
  ended: Ended[];
  /** Of the carriers that have ended. */
  bytes: ReturnType<Carrier['bytes']>;
};

const mostEnded = 5;

const sumOfBytes = (all: readonly Member['bytes'][]): Member['bytes'] => ({
  received: all.reduce((sum, one) => sum + one.received, 0),
  sent: all.reduce((sum, one) => sum + one.sent, 0),
});

/** Writes host and port in one way, whichever way they were written in. */
const plainServer = (text: string | undefined) => {
  const target = text === undefined ? undefined : readTarget(text);
  return target && targetText(target);
};

/** Creates what accepts the connections of connectors to this replica, and remembers when they were lost. */
export function createOwnCarriers(deps: OwnCarriersDeps) {
  const { now } = deps;
  let members = new Map<string, Member>();
  let known: readonly KnownConnector[] = [];
  const changed = createListeners<void>();
  const events = createConnectorEvents(deps);
  const carriers = createCarriers({
    privateKey: deps.privateKey,
    now,
    connectors: () => known,
    limits: deps.limits,
    onConnected(carrier) {
      members.get(carrier.connector)?.carriers.add(carrier);
      events.onConnected(carrier);
      changed.tell();
    },
    onDisconnected(carrier, reason) {
      const member = members.get(carrier.connector);
      if (member?.carriers.delete(carrier)) {
        member.lostAt = now();
        member.bytes = sumOfBytes([member.bytes, carrier.bytes()]);
        member.ended = [...member.ended, { at: now(), durationMs: now() - carrier.since, reason }].slice(-mostEnded);
      }
      events.onDisconnected(carrier, reason);
      changed.tell();
    },
    onRefused: events.onRefused,
  });
  const of = (connector: string): readonly Carrier[] => [...(members.get(connector)?.carriers ?? [])];
  /** The carriers over which a connector sends tokens for a server. No other server ever gets one. */
  const withTokenFor = (connector: string, server: string) =>
    of(connector).filter(({ tokenServer }) => plainServer(tokenServer) === server);
  return {
    /** All of them. */
    carriers,
    /** Reports whether one of a connector takes dials. Every request asks this. */
    isConnected: (connector: string): boolean =>
      members
        .get(connector)
        ?.carriers.values()
        .some(({ isOpen }) => isOpen) ?? false,
    find: (connector: string): Carrier | undefined => carriers.find(connector),
    /** All that take dials. */
    open: (): readonly Carrier[] => carriers.all().filter(({ isOpen }) => isOpen),
    of,
    onChange: changed.add,
    memberOf: (connector: string): Readonly<Pick<Member, 'lostAt' | 'ended'>> | undefined => members.get(connector),
    names: () => [...members.keys()],
    /** Returns by connector how many bytes have passed since it became known. */
    bytes: () =>
      [...members].map(([connector, member]) => ({
        connector,
        ...sumOfBytes([member.bytes, ...[...member.carriers].map((one) => one.bytes())]),
      })),
    withTokenFor,
    /** Returns the token that lasts longest. */
    tokenOf(connector: string, server: string): SentToken | undefined {
      const tokens = withTokenFor(connector, server).flatMap((carrier) => carrier.token() ?? []);
      return tokens.reduce<SentToken | undefined>(
        (best, one) => (best && best.until > one.until ? best : one),
        undefined,
      );
    },
    /** Replaces the connectors. Those that are no longer known, or whose key is not, lose their connections. */
    use(connectors: readonly KnownConnector[]): void {
      known = connectors;
      members = new Map(
        connectors.map(({ name }) => [
          name,
          members.get(name) ?? { carriers: new Set(), lostAt: undefined, ended: [], bytes: { received: 0, sent: 0 } },
        ]),
      );
      carriers.recheck();
    },
  };
}
export type OwnCarriers = ReturnType<typeof createOwnCarriers>;
