import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAuditRecord, type AuditSink } from '@sallyport/audit-log';
import { type Metrics } from '@sallyport/kit';
import { Counter } from 'prom-client';

/**
 * Creates the function that records bytes that were not an HTTP request: in a metric, and in an event with the address
 * of the peer, the reason from the parser and the status. The bytes themselves are not recorded.
 */
export function createRecordUnparsable(deps: {
  sink: AuditSink;
  metrics: Metrics;
  now: () => number;
}): (socket: Duplex, reason: string, status?: number) => void {
  const total = new Counter({
    name: 'sallyport_proxy_unparsable_total',
    help: 'Connections closed because their bytes were not an HTTP request.',
    registers: [deps.metrics],
  });
  return (socket, reason, status = 400) => {
    total.inc();
    if (!deps.sink.hasRoom()) return;
    const clientAddress = (socket as Socket).remoteAddress ?? '';
    deps.sink.enqueue(
      createAuditRecord(
        {
          type: 'request.unparsable',
          source: 'sallyport/proxy',
          key: '-/-',
          data: {
            auditID: randomUUID(),
            stage: 'ResponseComplete',
            requestURI: '',
            verb: '',
            user: {},
            sourceIPs: [clientAddress],
            responseStatus: { code: status, reason: 'BadRequest', message: reason },
            sallyport: { clientAddress },
          },
        },
        { now: deps.now, randomId: randomUUID },
      ),
    );
  };
}
