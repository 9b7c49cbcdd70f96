import { aboutIdOf, isAboutServiceAccount, type Notice, type ServiceAccountNotice } from '@sallyport/contracts';
import { savedStore, type Tables } from '../embedded/tables.ts';
import {
  deliverySchema,
  maxWaiting,
  newDelivery,
  type Delivery,
  type FailedPair,
  type Leased,
  type NoticeOutbox,
} from './notice-outbox.ts';

const prefix = 'notices/';

/** What the store of elevations keeps for each of them. */
type Kept = { notices: readonly Notice[]; deliveries: Readonly<Record<string, string>> };

/** When an elevation may be taken, and until when a replica has it. */
type Place = { waitsUntil?: number | undefined; leasedUntil?: number | undefined };

/** Returns the time at which an elevation can be taken next; undefined if it is not to be taken. */
function takeableAt({ waitsUntil, leasedUntil }: Place): number | undefined {
  if (waitsUntil === undefined) return leasedUntil;
  return leasedUntil === undefined ? waitsUntil : Math.max(waitsUntil, leasedUntil);
}

/** Creates the queue of one channel. */
function createQueue(now: () => number, places: Map<string, Place>) {
  return {
    places,
    take(leaseMs: number, limit: number): Leased[] {
      const at = now();
      const due = [...places]
        .map(([aboutId, place]) => ({ aboutId, takeable: takeableAt(place) ?? Infinity }))
        .filter(({ takeable }) => takeable <= at)
        .toSorted((a, b) => a.takeable - b.takeable)
        .slice(0, limit);
      for (const { aboutId } of due) places.set(aboutId, { leasedUntil: at + leaseMs });
      return due.map(({ aboutId }) => ({ aboutId, lease: String(at + leaseMs) }));
    },
    release({ aboutId, lease }: Leased, afterMs: number | undefined): void {
      const place = places.get(aboutId);
      if (place?.leasedUntil === undefined || String(place.leasedUntil) !== lease) return;
      const waitsUntil = afterMs === undefined ? place.waitsUntil : now() + afterMs;
      if (waitsUntil === undefined) places.delete(aboutId);
      else places.set(aboutId, { waitsUntil });
    },
    wake(aboutId: string): boolean {
      const place = places.get(aboutId);
      if (!place && places.size >= maxWaiting) return false;
      places.set(aboutId, { ...place, waitsUntil: now() });
      return true;
    },
  };
}

/** The notices about service accounts. */
function createAccountNotices(now: () => number, tables: Tables) {
  const accounts = tables.map<Kept & { until: number }>('account-notices');
  const find = (aboutId: string) => {
    for (const [id, { until }] of accounts) if (until <= now()) accounts.delete(id);
    return accounts.get(aboutId);
  };
  return {
    find,
    deliver(aboutId: string, deliveries: Kept['deliveries']): void {
      const kept = find(aboutId);
      if (kept) accounts.set(aboutId, { ...kept, deliveries });
    },
    put(notice: ServiceAccountNotice, keepMs: number): void {
      const aboutId = aboutIdOf(notice);
      const { notices = [], deliveries = {} } = find(aboutId) ?? {};
      if (notices.some(({ number }) => number === notice.number)) return;
      accounts.set(aboutId, { until: now() + keepMs, notices: [...notices, structuredClone(notice)], deliveries });
    },
  };
}

/** An outbox in memory, whose `wakeNow` is done when it returns. */
export type MemoryNoticeOutbox = NoticeOutbox & { wakeNow(channel: string, aboutId: string): boolean };

/** Creates the outbox of a store in memory. `find` returns what is kept for an elevation, and `deliver` changes it. */
export function createMemoryNoticeOutbox(deps: {
  find(aboutId: string): Kept | undefined;
  deliver(aboutId: string, deliveries: Kept['deliveries']): void;
  now: () => number;
  tables: Tables;
}): MemoryNoticeOutbox {
  const { now, tables } = deps;
  const accounts = createAccountNotices(now, tables);
  const find = (aboutId: string) => (isAboutServiceAccount(aboutId) ? accounts.find(aboutId) : deps.find(aboutId));
  const queues = new Map<string, ReturnType<typeof createQueue>>();
  const queueOf = (channel: string) => {
    const queue = queues.get(channel) ?? createQueue(now, tables.map<Place>(`${prefix}${channel}`));
    queues.set(channel, queue);
    return queue;
  };
  // Nobody asks for a channel that is not in the configuration any more.
  for (const channel of tables.stored(prefix)) {
    const { places } = queueOf(channel);
    for (const aboutId of places.keys()) if (!find(aboutId)) places.delete(aboutId);
  }
  const failed = tables.map<FailedPair & { at: number }>('failed-notices');
  const wakeNow = (channel: string, aboutId: string) => queueOf(channel).wake(aboutId);
  const outbox: MemoryNoticeOutbox = {
    wakeNow,
    async put(notice, keepMs) {
      accounts.put(notice, keepMs);
      for (const channel of notice.channels) wakeNow(channel, aboutIdOf(notice));
    },
    has: async (aboutId, number) => find(aboutId)?.notices.some((one) => one.number === number) ?? false,
    take: async (channel, leaseMs, limit) => queueOf(channel).take(leaseMs, limit),
    release: async (channel, leased, afterMs) => queueOf(channel).release(leased, afterMs),
    wake: async (channel, aboutId) => wakeNow(channel, aboutId),
    async read(channel, aboutId) {
      const kept = find(aboutId);
      if (!kept) return undefined;
      const version = kept.deliveries[channel] ?? '';
      const delivery = version === '' ? newDelivery : deliverySchema.parse(JSON.parse(version));
      return { notices: structuredClone([...kept.notices]), delivery, version };
    },
    async mark(channel, aboutId, version, next: Delivery) {
      const deliveries = find(aboutId)?.deliveries;
      if (!deliveries || (deliveries[channel] ?? '') !== version) return false;
      const { deliver } = isAboutServiceAccount(aboutId) ? accounts : deps;
      deliver(aboutId, { ...deliveries, [channel]: JSON.stringify(next) });
      const member = JSON.stringify([channel, aboutId]);
      failed.delete(member);
      const last = next.failed.at(-1);
      if (last) failed.set(member, { channel, aboutId, at: last.at });
      return true;
    },
    async queued(channel, limit) {
      const { places } = queueOf(channel);
      const queued = [...places].map(([aboutId, place]) => ({
        aboutId,
        leased: place.leasedUntil !== undefined && place.leasedUntil > now(),
      }));
      return { total: places.size, queued: queued.slice(0, limit) };
    },
    async failed(limit) {
      const all = [...failed.values()].filter(({ aboutId }) => find(aboutId));
      return all
        .toSorted((a, b) => b.at - a.at)
        .slice(0, limit)
        .map(({ channel, aboutId }) => ({ channel, aboutId }));
    },
  };
  return { ...savedStore<NoticeOutbox>(outbox, tables, ['put', 'take', 'release', 'wake', 'mark']), wakeNow };
}
