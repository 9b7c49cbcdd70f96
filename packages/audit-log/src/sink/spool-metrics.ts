import { Gauge } from 'prom-client';
import type { Metrics } from '@sallyport/kit';
import type { Spool } from '@sallyport/spool';

/** Registers what an operator watches of a spool. The values are read at each scrape. */
export function registerSpoolMetrics(metrics: Metrics | undefined, spool: Pick<Spool, 'status'>): void {
  if (!metrics) return;
  const gauge = (name: string, help: string, read: (status: Spool['status']) => number) => {
    const made: Gauge = new Gauge({ name, help, registers: [metrics], collect: () => made.set(read(spool.status)) });
  };
  gauge('sallyport_audit_spool_bytes', 'Bytes that the spool of audit events occupies', ({ bytes }) => bytes);
  gauge('sallyport_audit_spool_limit_bytes', 'Bytes that the spool may occupy', ({ maxBytes }) => maxBytes);
  gauge('sallyport_audit_spool_segments', 'Files of the spool of audit events', ({ segments }) => segments);
  gauge('sallyport_audit_spool_disk_errors', 'Disk operations of the spool that failed', ({ failures }) => failures);
  gauge('sallyport_audit_spool_lost_events', 'Audit events that the disk of the spool lost', ({ lost }) => lost);
}
