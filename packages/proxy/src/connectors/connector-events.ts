import { randomUUID } from 'node:crypto';
import { refusalReasons, type Carrier, type CarriersDeps } from '@sallyport/carrier/gateway';
import { createAuditRecord, type AuditSink, type SallyportDraft } from '@sallyport/audit-log';
import type { AuditEventType } from '@sallyport/contracts';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '@sallyport/kit';

type ConnectorEventType = Extract<AuditEventType, `connector.${string}`>;
type ConnectorEvents = Pick<CarriersDeps, 'onConnected' | 'onDisconnected' | 'onRefused'>;

/** Creates what records connections of connectors: in the audit trail, and the refused ones in a metric. */
export function createConnectorEvents(deps: {
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  metrics: Metrics;
  now: () => number;
}): ConnectorEvents {
  const refused = new Counter({
    name: 'sallyport_connector_refused_total',
    help: 'Connections of connectors that were refused, by reason.',
    labelNames: ['reason'],
    registers: [deps.metrics],
  });
  for (const reason of refusalReasons) refused.inc({ reason }, 0);
  const record = (
    type: ConnectorEventType,
    clientAddress: string,
    responseStatus: { code: number; reason?: string; message?: string },
    connector: NonNullable<SallyportDraft['connector']>,
  ) => {
    if (!deps.sink.hasRoom()) return;
    const data = {
      auditID: randomUUID(),
      stage: 'ResponseComplete' as const,
      requestURI: '',
      verb: '',
      user: {},
      sourceIPs: [clientAddress],
      responseStatus,
      sallyport: { clientAddress, connector },
    };
    deps.sink.enqueue(
      createAuditRecord({ type, source: 'sallyport/proxy', key: '-/-', data }, { now: deps.now, randomId: randomUUID }),
    );
  };
  const about = ({ connector, keyId, id, version }: Carrier) => ({
    name: connector,
    key: keyId,
    carrier: id,
    version,
  });
  return {
    onConnected: (carrier) => record('connector.connected', carrier.peer, { code: 101 }, about(carrier)),
    onDisconnected: (carrier, reason) =>
      record(
        'connector.disconnected',
        carrier.peer,
        { code: 101, message: reason },
        { ...about(carrier), reason, durationMs: deps.now() - carrier.since },
      ),
    onRefused({ reason, detail, keyId, peer }) {
      refused.inc({ reason });
      record('connector.refused', peer, { code: 403, reason: 'Forbidden', message: detail }, { key: keyId, reason });
    },
  };
}

/** What the metrics are read from. */
type Counted = {
  carriers: { all(): readonly Carrier[] };
  /** Returns the names of the connectors in the configuration, whether they are connected or not. */
  names(): readonly string[];
  bytes(): readonly (ReturnType<Carrier['bytes']> & { connector: string })[];
};

/** Creates the metrics of the connected carriers, and the count of dials. */
export function createConnectorMetrics(metrics: Metrics, { carriers, names, bytes }: Counted) {
  const registers = [metrics];
  const labelNames = ['connector'] as const;
  const gauge = (name: string, help: string, valueOf: (carrier: Carrier) => number) =>
    new Gauge({
      name: `sallyport_connector_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const connector of names()) this.set({ connector }, 0);
        for (const carrier of carriers.all()) this.inc({ connector: carrier.connector }, valueOf(carrier));
      },
    });
  gauge('carriers', 'Connections of connectors to this replica.', () => 1);
  gauge('streams', 'Open streams through connectors.', (carrier) => carrier.streams());
  gauge('waiting_bytes', 'Bytes that wait at this replica to be read or sent.', (carrier) => carrier.waitingBytes());
  new Gauge({
    name: 'sallyport_connector_round_trip_seconds',
    help: 'The longest of the last round trips of the connections of a connector.',
    labelNames,
    registers,
    collect() {
      this.reset();
      const longest = new Map<string, number>();
      for (const carrier of carriers.all())
        longest.set(carrier.connector, Math.max(longest.get(carrier.connector) ?? 0, carrier.roundTripMs() ?? 0));
      for (const [connector, ms] of longest) this.set({ connector }, ms / 1000);
    },
  });
  new Counter({
    name: 'sallyport_connector_bytes_total',
    help: 'Bytes received from connectors and sent to them, with what the layers of a connection add.',
    labelNames: ['connector', 'direction'],
    registers,
    collect() {
      this.reset();
      for (const { connector, received, sent } of bytes()) {
        this.inc({ connector, direction: 'received' }, received);
        this.inc({ connector, direction: 'sent' }, sent);
      }
    },
  });
  return new Counter({
    name: 'sallyport_connector_dials_total',
    help: 'Streams through connectors that connected or failed, and those that were handed to another replica.',
    labelNames: ['connector', 'result'],
    registers,
  });
}
