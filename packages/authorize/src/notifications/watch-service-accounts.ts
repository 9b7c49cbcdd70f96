import type { AuditSink } from '@sallyport/audit-log';
import { aboutIdOf, type NotificationConfig, type ServiceAccountNotice, type Session } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { createWarnOnce, runEvery, type Logger } from '@sallyport/kit';
import type { ElevationStore, NoticeOutbox, SessionStore } from '@sallyport/stores';
import { describeExpiring } from './notice-events.ts';

/** When people are told before a service account ends, the last time first. */
const warnings = [
  { number: 2, beforeMs: dayMs },
  { number: 1, beforeMs: 7 * dayMs },
];
/** How long what was told is kept after the end, so that a channel that was away can still have it. */
const keptAfterEndMs = 2 * dayMs;
const everyMs = 600_000;
/** A replica that dies keeps others from telling for as long as this, in milliseconds. */
const heldMs = 60_000;

type WatchDeps = {
  sessions: Pick<SessionStore, 'list'>;
  outbox: Pick<NoticeOutbox, 'put' | 'has'>;
  /** Lets one replica at a time record an event. */
  hold: ElevationStore['hold'];
  sink: Pick<AuditSink, 'publish'>;
  channels: readonly Pick<NotificationConfig, 'name' | 'events'>[];
  logger: Logger;
  now: () => number;
  everyMs?: number;
};

/** Returns the warning that is due: of several only the last. One that lasts no longer than the warning has none. */
const dueFor = ({ createdAt, expiresAt }: Session, now: number) =>
  warnings.find(({ beforeMs }) => expiresAt - now <= beforeMs && expiresAt - createdAt > beforeMs);

function noticeOf(
  { id, identity, serviceAccount, expiresAt }: Session,
  about: { event: string; number: number; at: number; channels: string[] },
): ServiceAccountNotice {
  const { name, maker, lastUsedAt } = serviceAccount!;
  const { user, email } = maker;
  return {
    id: about.event,
    number: about.number,
    type: 'service_account.expiring',
    at: about.at,
    channels: about.channels,
    serviceAccount: {
      id,
      name,
      groups: [...identity.groups],
      maker: { user, ...(email === undefined ? {} : { email }) },
      expiresAt,
      ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    },
  };
}

/**
 * Tells people, and the audit trail, that a service account ends soon: a week before, and a day before. Any number of
 * replicas do this, and each notice is sent once. Returns a function that stops it.
 */
export function watchServiceAccounts(deps: WatchDeps): () => Promise<void> {
  const { sessions, outbox, hold, sink, logger, now } = deps;
  const channels = deps.channels
    .filter(({ events }) => events?.includes('service_account.expiring') ?? true)
    .map(({ name }) => name);
  const outage = createWarnOnce(logger, {
    failed: 'it cannot be told that service accounts end soon; this is tried again',
    recovered: 'it is told again that service accounts end soon',
  });
  const attend = async (session: Session) => {
    const due = dueFor(session, now());
    if (!due) return;
    const { number, beforeMs } = due;
    const record = describeExpiring(session, { number, at: session.expiresAt - beforeMs });
    const notice = noticeOf(session, { event: record.id, number, at: now(), channels });
    if (await outbox.has(aboutIdOf(notice), number)) return;
    const release = await hold({ eventsOf: record.id }, heldMs);
    // Another replica tells it. If that one dies, the next look follows.
    if (!release) return;
    if (!(await outbox.has(aboutIdOf(notice), number))) {
      await sink.publish(record);
      await outbox.put(notice, session.expiresAt - now() + keptAfterEndMs);
    }
    // Only then: an event that the log did not take in time may still be delivered.
    await release();
  };
  const look = async () => {
    const found = (await sessions.list()).filter(({ serviceAccount }) => serviceAccount !== undefined);
    const done = await Promise.allSettled(found.map(attend));
    const failed = done.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason as Error;
  };
  const looks = runEvery(deps.everyMs ?? everyMs, () =>
    look().then(
      () => outage.recovered(),
      (error: unknown) => outage.failed({ err: error }),
    ),
  );
  looks.now();
  return () => looks.close();
}
