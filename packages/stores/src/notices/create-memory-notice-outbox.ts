import type { Notice } from '@sallyport/contracts';
import {
  deliverySchema,
  maxWaiting,
  newDelivery,
  type Delivery,
  type FailedPair,
  type Leased,
  type NoticeOutbox,
} from './notice-outbox.ts';

/** What the store of elevations keeps for each of them. */
type Kept = { notices: readonly Notice[]; deliveries: Map<string, string> };

/** When an elevation may be taken, and until when a replica has it. */
type Place = { waitsUntil?: number | undefined; leasedUntil?: number | undefined };

/** Returns the time at which an elevation can be taken next; undefined if it is not to be taken. */
function takeableAt({ waitsUntil, leasedUntil }: Place): number | undefined {
  if (waitsUntil === undefined) return leasedUntil;
  return leasedUntil === undefined ? waitsUntil : Math.max(waitsUntil, leasedUntil);
}

/** Creates the queue of one channel. */
function createQueue(now: () => number) {
  const places = new Map<string, Place>();
  return {
    places,
    take(leaseMs: number, limit: number): Leased[] {
      const at = now();
      const due = [...places]
        .map(([elevationId, place]) => ({ elevationId, takeable: takeableAt(place) ?? Infinity }))
        .filter(({ takeable }) => takeable <= at)
        .toSorted((a, b) => a.takeable - b.takeable)
        .slice(0, limit);
      for (const { elevationId } of due) places.set(elevationId, { leasedUntil: at + leaseMs });
      return due.map(({ elevationId }) => ({ elevationId, lease: String(at + leaseMs) }));
    },
    release({ elevationId, lease }: Leased, afterMs: number | undefined): void {
      const place = places.get(elevationId);
      if (place?.leasedUntil === undefined || String(place.leasedUntil) !== lease) return;
      const waitsUntil = afterMs === undefined ? place.waitsUntil : now() + afterMs;
      if (waitsUntil === undefined) places.delete(elevationId);
      else places.set(elevationId, { waitsUntil });
    },
    wake(elevationId: string): boolean {
      const place = places.get(elevationId);
      if (!place && places.size >= maxWaiting) return false;
      places.set(elevationId, { ...place, waitsUntil: now() });
      return true;
    },
  };
}

/** Creates the outbox of a store in memory. `find` returns what is kept for an elevation. */
export function createMemoryNoticeOutbox(deps: {
  find(elevationId: string): Kept | undefined;
  now: () => number;
}): NoticeOutbox {
  const { find, now } = deps;
  const queues = new Map<string, ReturnType<typeof createQueue>>();
  const queueOf = (channel: string) => {
    const queue = queues.get(channel) ?? createQueue(now);
    queues.set(channel, queue);
    return queue;
  };
  const failed = new Map<string, FailedPair & { at: number }>();
  return {
    take: async (channel, leaseMs, limit) => queueOf(channel).take(leaseMs, limit),
    release: async (channel, leased, afterMs) => queueOf(channel).release(leased, afterMs),
    wake: async (channel, elevationId) => queueOf(channel).wake(elevationId),
    async read(channel, elevationId) {
      const kept = find(elevationId);
      if (!kept) return undefined;
      const version = kept.deliveries.get(channel) ?? '';
      const delivery = version === '' ? newDelivery : deliverySchema.parse(JSON.parse(version));
      return { notices: structuredClone([...kept.notices]), delivery, version };
    },
    async mark(channel, elevationId, version, next: Delivery) {
      const deliveries = find(elevationId)?.deliveries;
      if (!deliveries || (deliveries.get(channel) ?? '') !== version) return false;
      deliveries.set(channel, JSON.stringify(next));
      const member = JSON.stringify([channel, elevationId]);
      failed.delete(member);
      const last = next.failed.at(-1);
      if (last) failed.set(member, { channel, elevationId, at: last.at });
      return true;
    },
    async queued(channel, limit) {
      const { places } = queueOf(channel);
      const queued = [...places].map(([elevationId, place]) => ({
        elevationId,
        leased: place.leasedUntil !== undefined && place.leasedUntil > now(),
      }));
      return { total: places.size, queued: queued.slice(0, limit) };
    },
    async failed(limit) {
      const all = [...failed.values()].filter(({ elevationId }) => find(elevationId));
      return all
        .toSorted((a, b) => b.at - a.at)
        .slice(0, limit)
        .map(({ channel, elevationId }) => ({ channel, elevationId }));
    },
  };
}
