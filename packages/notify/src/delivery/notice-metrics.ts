import type { Metrics } from '@sallyport/kit';
import type { NoticeOutbox } from '@sallyport/stores';
import { Counter, Gauge } from 'prom-client';

/** Counts what becomes of notices. */
export type NoticeMetrics = { count(channel: string, outcome: 'sent' | 'failed' | 'given-up'): void };

/** Registers the metrics of the channels. */
export function createNoticeMetrics(deps: {
  outbox: Pick<NoticeOutbox, 'queued'>;
  channels: readonly { name: string }[];
  metrics?: Metrics | undefined;
}): NoticeMetrics {
  const registers = deps.metrics ? [deps.metrics] : [];
  const outcomes = new Counter({
    name: 'sallyport_notifications_total',
    help: 'Attempts to send notifications, by outcome, and notifications that were given up.',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  for (const { name } of deps.channels)
    for (const outcome of ['sent', 'failed', 'given-up']) outcomes.inc({ channel: name, outcome }, 0);
  new Gauge({
    name: 'sallyport_notifications_waiting',
    help: 'Elevations with notifications that a channel has not taken, over all replicas.',
    labelNames: ['channel'],
    registers,
    async collect() {
      for (const { name } of deps.channels) {
        const found = await deps.outbox.queued(name, 1).catch(() => undefined);
        this.set({ channel: name }, found?.total ?? Number.NaN);
      }
    },
  });
  return { count: (channel, outcome) => outcomes.inc({ channel, outcome }) };
}
