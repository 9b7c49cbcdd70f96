import { type Metrics, createWarnOnce, type Logger } from '@sallyport/kit';
import type { NoticeOutbox, Delivery, Leased } from '@sallyport/stores';
import { Counter, Gauge } from 'prom-client';
import type { Notice } from '@sallyport/contracts';
import { DeliveryError, type Channel } from '../channels/channel.ts';
import {
  afterFailing,
  afterGivingUp,
  afterSending,
  isHopeless,
  nextNotice,
  pauseAfter,
  retryTimes,
  type RetryTimes,
} from './next-delivery.ts';

/** Counts what becomes of notices. */
type NoticeMetrics = { count(channel: string, outcome: 'sent' | 'failed' | 'given-up'): void };

/** Registers the metrics of the channels. */
function createNoticeMetrics(deps: {
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

/** A notice that a channel did not take within a day. `round` tells apart the times that an operator had it sent again. */
export type GivenUp = { channel: string; notice: Notice; round: number } & NonNullable<Delivery['lost']>;

export type NotifierDeps = {
  outbox: NoticeOutbox;
  channels: readonly Channel[];
  logger: Logger;
  metrics?: Metrics | undefined;
  /** Records what is given up. As long as it rejects, the notice is tried again. */
  record(failure: GivenUp): Promise<void>;
  now: () => number;
  random?: () => number;
  /** For tests: other pauses, and how often a channel looks for something to send. */
  retry?: RetryTimes;
  everyMs?: number;
  leaseMs?: number;
};

/** A lease is longer than any attempt, so that it ends only if its replica has died, or is stopped. */
const leaseMs = 30_000;
const everyMs = 500;
/** How many elevations and service accounts one channel is told of at the same time. */
const maxAtOnce = 4;

type Attempt = { ok: true } | { ok: false; error: DeliveryError };

/** Sends one notice. Anything unexpected is a failure like another. Its text may contain an address. */
async function attempt(channel: Channel, notice: Notice, signal: AbortSignal): Promise<Attempt> {
  try {
    await channel.send(notice, signal);
    return { ok: true };
  } catch (error) {
    return { ok: false, error: error instanceof DeliveryError ? error : new DeliveryError('it could not be sent') };
  }
}

/**
 * Creates the function that sends one channel the next notice about an elevation or a service account. It returns the
 * pause until that is looked at again.
 */
function createTeller(channel: Channel, deps: NotifierDeps, metrics: NoticeMetrics, signal: AbortSignal) {
  const { outbox, logger, now, random = Math.random, retry = retryTimes } = deps;
  const { name } = channel;
  return async ({ aboutId }: Leased): Promise<number | undefined> => {
    const waiting = await outbox.read(name, aboutId);
    const notice = waiting && nextNotice(waiting, name);
    if (!notice) return undefined;
    const { delivery, version } = waiting;
    const about = { channel: name, about: aboutId, event: notice.id, type: notice.type };
    const outcome = await attempt(channel, notice, signal);
    if (outcome.ok) {
      metrics.count(name, 'sent');
      logger.debug(about, 'a notification was sent');
      await outbox.mark(name, aboutId, version, afterSending(delivery, notice.number));
      return 0;
    }
    // An attempt that this process cuts off itself says nothing about the receiver.
    if (signal.aborted) return 0;
    const { message: reason, retryAfterMs } = outcome.error;
    const failed = afterFailing(delivery, reason, now());
    metrics.count(name, 'failed');
    logger.debug({ ...about, reason, tries: failed.tries }, 'a notification was not taken');
    if (isHopeless(delivery, notice, now(), retry)) {
      const { lost } = delivery;
      if (!lost) {
        // First, so that the event says the same however often it is published.
        await outbox.mark(name, aboutId, version, { ...failed, lost: { at: now(), tries: failed.tries, reason } });
        return 0;
      }
      await deps.record({
        channel: name,
        notice,
        ...lost,
        round: delivery.again.includes(notice.number) ? failed.since! : 0,
      });
      if (await outbox.mark(name, aboutId, version, afterGivingUp(delivery, notice.number, lost))) {
        metrics.count(name, 'given-up');
        logger.error({ ...about, reason: lost.reason, tries: lost.tries }, 'a notification was given up');
      }
      return 0;
    }
    await outbox.mark(name, aboutId, version, failed);
    return pauseAfter(failed.tries, retryAfterMs, retry, random);
  };
}

/** Attends to one channel, independently of the others. */
function attendTo(channel: Channel, deps: NotifierDeps, metrics: NoticeMetrics): () => Promise<void> {
  const { outbox, logger } = deps;
  const stop = new AbortController();
  const tell = createTeller(channel, deps, metrics, stop.signal);
  const outage = createWarnOnce(logger, {
    failed: `notifications of the channel ${channel.name} cannot be attended to; they wait`,
    recovered: `notifications of the channel ${channel.name} are attended to again`,
  });
  const running = new Set<Promise<void>>();
  const work = async (leased: Leased) => {
    let afterMs: number | undefined = deps.retry?.firstMs ?? retryTimes.firstMs;
    try {
      afterMs = stop.signal.aborted ? 0 : await tell(leased);
      outage.recovered();
    } catch (error) {
      outage.failed({ err: error });
    }
    // If this fails too, the lease ends by itself.
    await outbox.release(channel.name, leased, afterMs).catch(() => undefined);
  };
  const start = (leased: Leased) => {
    const one = work(leased).finally(() => {
      running.delete(one);
      look();
    });
    running.add(one);
  };
  let looking: Promise<void> | undefined;
  const look = () => {
    const room = maxAtOnce - running.size;
    if (looking || stop.signal.aborted || room <= 0) return;
    looking = outbox
      .take(channel.name, deps.leaseMs ?? leaseMs, room)
      .then(
        (taken) => void taken.map(start),
        (error: unknown) => outage.failed({ err: error }),
      )
      .finally(() => (looking = undefined));
  };
  const timer = setInterval(look, deps.everyMs ?? everyMs);
  timer.unref();
  return async () => {
    stop.abort();
    clearInterval(timer);
    await looking;
    await Promise.all(running);
    await channel.close();
  };
}

/**
 * Sends what waits in the outbox, each channel by itself. Returns a function that stops: it cuts off what is being sent,
 * which another replica, or the next start, sends again.
 */
export function attendToNotices(deps: NotifierDeps): () => Promise<void> {
  const metrics = createNoticeMetrics(deps);
  const stops = deps.channels.map((channel) => attendTo(channel, deps, metrics));
  return async () => void (await Promise.all(stops.map((stop) => stop())));
}
