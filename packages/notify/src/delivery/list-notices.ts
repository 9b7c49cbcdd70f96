import type { Notice, NoticeRow } from '@sallyport/contracts';
import type { NoticeOutbox } from '@sallyport/stores';
import { nextNotice } from './next-delivery.ts';

const maxPerChannel = 200;

/** Lists what was given up and what waits: the latter only for the channels that are configured. */
export async function listNotices(outbox: NoticeOutbox, channels: readonly string[]): Promise<NoticeRow[]> {
  const rows: NoticeRow[] = [];
  const rowOf = (
    channel: string,
    { id, type, at, elevation }: Notice,
    more: Pick<NoticeRow, 'state' | 'tries' | 'reason'>,
  ) => {
    const { name, user, cluster } = elevation;
    rows.push({ channel, event: id, type, at, elevation: { id: elevation.id, name, cluster, user }, ...more });
  };
  const pairs = new Map<string, { channel: string; elevationId: string }>();
  const add = (channel: string, elevationId: string) =>
    pairs.set(JSON.stringify([channel, elevationId]), { channel, elevationId });
  for (const { channel, elevationId } of await outbox.failed(maxPerChannel)) add(channel, elevationId);
  for (const channel of channels)
    for (const { elevationId } of (await outbox.queued(channel, maxPerChannel)).queued) add(channel, elevationId);
  for (const { channel, elevationId } of pairs.values()) {
    const waiting = await outbox.read(channel, elevationId);
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
      rowOf(channel, notice, { state: 'waiting', tries, ...(reason === undefined ? {} : { reason }) });
    }
  }
  return rows.toSorted((a, b) => b.at - a.at);
}
