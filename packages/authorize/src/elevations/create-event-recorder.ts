import { setTimeout } from 'node:timers/promises';
import type { AuditSink } from '@sallyport/audit-log';
import type { Elevation } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import { describeElevationEvent } from './elevation-events.ts';

/** A replica that dies keeps others from recording the events of an elevation for as long as this, in milliseconds. */
const heldMs = 10_000;
/** How long a replica waits for another one that is recording them, in milliseconds. */
const waitMs = 2000;
const pollMs = 25;

type RecorderDeps = {
  store: Pick<ElevationStore, 'read' | 'confirm' | 'hold'>;
  sink: Pick<AuditSink, 'publish' | 'keep'>;
  /** Whether what is stored of this elevation is known to stay. */
  isConfirmed(elevation: Elevation): boolean;
  /** Notes that the log has the events up to this number. Returns the elevation as it is then. */
  note(id: string, upTo: number): Promise<Elevation | undefined>;
  now: () => number;
};

/**
 * Hands the events of an elevation to the audit log. Returns the elevation as it is then, or undefined if there is none.
 * Rejects with `audit-unavailable` if the log does not take them. They are handed over later.
 */
export type RecordEvents = (elevation: Elevation) => Promise<Elevation | undefined>;

const busy = () =>
  new ProblemError('audit-unavailable', 'Another replica is recording the steps of this elevation. Try again.');

/** Creates the holds of this replica. One is kept until its end if its events may still be delivered. */
function createHolds({ store, now }: Pick<RecorderDeps, 'store' | 'now'>) {
  type Hold = { until: number; release(): Promise<void> };
  const kept = new Map<string, Hold>();
  return {
    keep: (id: string, hold: Hold) => void kept.set(id, hold),
    /** Returns undefined if another replica has it. */
    async take(id: string): Promise<Hold | undefined> {
      for (const [key, { until }] of kept) if (until <= now()) kept.delete(key);
      const mine = kept.get(id);
      kept.delete(id);
      if (mine) return mine;
      const until = now() + heldMs;
      const release = await store.hold({ eventsOf: id }, heldMs);
      return release && { until, release };
    },
  };
}

/**
 * Creates what hands events to the audit log, each once: however many ask for it at the same time, one of this process
 * and one replica does it. If that replica dies, another one follows when the hold has ended, so no event is lost.
 */
export function createEventRecorder(deps: RecorderDeps): RecordEvents {
  const { store, sink, isConfirmed, note, now } = deps;
  const holds = createHolds(deps);
  const running = new Map<string, Promise<Elevation | undefined>>();

  const publish = async (known: Elevation): Promise<Elevation | undefined> => {
    const { id } = known;
    // Another replica may have recorded them while this one waited.
    const found = await store.read(id);
    const last = found?.unrecorded.at(-1);
    if (!found || !last) return found;
    // The trail must have no step that is lost, because the next one would have the IDs of its events.
    if (found.revision !== known.revision || !isConfirmed(known)) await store.confirm(id);
    for (const event of found.unrecorded) {
      const record = describeElevationEvent(found, event);
      await (found.whenAuditUnavailable === 'spool' && sink.keep ? sink.keep(record) : sink.publish(record));
    }
    return note(id, last.number);
  };
  const publishHeld = async (known: Elevation): Promise<Elevation | undefined> => {
    for (const deadline = now() + waitMs; ; await setTimeout(pollMs)) {
      const hold = await holds.take(known.id);
      if (!hold) {
        const found = await store.read(known.id);
        if (!found?.unrecorded.length) return found;
        if (now() > deadline) throw busy();
        continue;
      }
      try {
        const recorded = await publish(known);
        // If this fails, the hold ends by itself.
        await hold.release().catch(() => undefined);
        return recorded;
      } catch (error) {
        // The log may deliver it later, so only this replica tries it again for a while.
        holds.keep(known.id, hold);
        throw error;
      }
    }
  };
  return (elevation) => {
    const { id } = elevation;
    const joined = running.get(id);
    if (joined) return joined;
    const mine = publishHeld(elevation).finally(() => running.delete(id));
    running.set(id, mine);
    return mine;
  };
}
