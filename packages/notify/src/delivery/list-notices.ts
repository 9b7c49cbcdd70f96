import type { Notice, NoticeRow } from '@sallyport/contracts';
import type { NoticeOutbox } from '@sallyport/stores';
import { nextNotice, afterAsking } from './next-delivery.ts';

const maxPerChannel = 200;

/** What a notice is about, as lists show it. */
function whatOf(notice: Notice): Pick<NoticeRow, 'elevation' | 'serviceAccount'> {
  if ('elevation' in notice) {
    const { id, name, user, cluster } = notice.elevation;
    return { elevation: { id, name, cluster, user } };
  }
  const { id, name, maker } = notice.serviceAccount;
  return { serviceAccount: { id, name, maker: maker.user } };
}

/** Lists what was given up and what waits: the latter only for the channels that are configured. */
export async function listNotices(outbox: NoticeOutbox, channels: readonly string[]): Promise<NoticeRow[]> {
  const rows: NoticeRow[] = [];
  const rowOf = (channel: string, notice: Notice, more: Pick<NoticeRow, 'state' | 'tries' | 'reason'>) => {
    const { id, type, at } = notice;
    rows.push({ channel, event: id, type, at, ...whatOf(notice), ...more });
  };
  const pairs = new Map<string, { channel: string; aboutId: string }>();
  const add = (channel: string, aboutId: string) => pairs.set(JSON.stringify([channel, aboutId]), { channel, aboutId });
  for (const { channel, aboutId } of await outbox.failed(maxPerChannel)) add(channel, aboutId);
  for (const channel of channels)
    for (const { aboutId } of (await outbox.queued(channel, maxPerChannel)).queued) add(channel, aboutId);
  for (const { channel, aboutId } of pairs.values()) {
    const waiting = await outbox.read(channel, aboutId);
    if (!waiting) continue;
    const { notices, delivery } = waiting;
    for (const { number, tries, reason } of delivery.failed) {
      const notice = notices.find((one) => one.number === number);
      if (notice && !delivery.again.includes(number)) rowOf(channel, notice, { state: 'failed', tries, reason });
    }
    const next = nextNotice(waiting, channel);
    for (const notice of notices) {
      if (!notice.channels.includes(channel)) continue;
      if (notice.number <= delivery.done && !delivery.again.includes(notice.number)) continue;
      const { tries, reason } = notice === next ? delivery : { tries: 0, reason: undefined };
      rowOf(channel, notice, { state: 'waiting', tries, reason });
    }
  }
  return rows.toSorted((a, b) => b.at - a.at);
}

const maxFailed = 10_000;
const maxTries = 5;

/**
 * Has everything sent again that was given up, of one channel, of one elevation, or of all. Returns how many notices that
 * are. They keep their ids, so that receivers know those that they have had.
 */
export async function resendNotices(
  outbox: NoticeOutbox,
  only: { channel?: string | undefined; aboutId?: string | undefined },
): Promise<number> {
  let count = 0;
  for (const { channel, aboutId } of await outbox.failed(maxFailed)) {
    if (only.channel !== undefined && only.channel !== channel) continue;
    if (only.aboutId !== undefined && only.aboutId !== aboutId) continue;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const waiting = await outbox.read(channel, aboutId);
      if (!waiting) break;
      const next = afterAsking(waiting.delivery);
      if (!(await outbox.mark(channel, aboutId, waiting.version, next))) continue;
      await outbox.wake(channel, aboutId);
      count += next.again.length;
      break;
    }
  }
  return count;
}
