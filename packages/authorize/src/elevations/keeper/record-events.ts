import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { AuditRecord, Elevation, UnrecordedEvent } from '@sallyport/contracts';
import { auditKey, createAuditRecord, microTime, type AuditSink } from '@sallyport/audit-log';
import { uuidOf, ProblemError } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import { factsOf } from '../../elevation-states/events.ts';
import { isBreakGlass } from '../../elevation-states/times.ts';

/**
 * Returns the id of an event of an elevation: a UUID of version 8 (RFC 9562) that is the same however often, and by
 * whichever replica, the event is published. Consumers deduplicate by it.
 */
export function eventId(elevationId: string, number: number): string {
  return uuidOf(createHash('sha256').update(`${elevationId}\0${number}`).digest());
}

/**
 * Describes one event of an elevation for the audit trail: the same whenever, and by whichever replica, it is published.
 * The members are in the order of RFC 8785.
 */
function describeElevationEvent(elevation: Elevation, event: UnrecordedEvent): AuditRecord {
  const { id, name, cluster, namespace, ticket, groups, reason, requester } = elevation;
  const { approvers, approvedFor, expiresAt, reviewDueAt: dueAt } = factsOf(elevation, event);
  const verdict = event.type === 'elevation.reviewed' ? elevation.review?.done?.verdict : undefined;
  const time = microTime(event.at);
  const identity = event.by && { email: event.by.email, groups: [], iss: event.by.issuer, sub: event.by.subject };
  return createAuditRecord(
    {
      type: event.type,
      source: 'sallyport/authorize',
      key: auditKey(cluster, undefined),
      data: {
        auditID: eventId(id, event.number),
        stage: 'ResponseComplete',
        requestURI: '',
        verb: event.type.slice('elevation.'.length),
        user: event.by ? { username: event.by.user } : {},
        requestReceivedTimestamp: time,
        stageTimestamp: time,
        sallyport: {
          cluster: { id: cluster, name: cluster },
          ...(event.detail === undefined ? {} : { detail: event.detail }),
          elevation: {
            approvedFor,
            approvers,
            breakGlass: isBreakGlass(elevation) || undefined,
            expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
            groups,
            id,
            name,
            namespace,
            reason,
            review: dueAt === undefined ? undefined : { dueAt: new Date(dueAt).toISOString(), verdict },
            ticket,
            user: requester.user,
          },
          ...(identity ? { identity } : {}),
        },
      },
    },
    { now: () => event.at, randomId: () => eventId(id, event.number) },
  );
}

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
type RecordEvents = (elevation: Elevation) => Promise<Elevation | undefined>;

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
 * Hands events to the audit log, each once: however many ask for it at the same time, one of this process
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
    if (found.revision !== known.revision || !isConfirmed(known)) await store.confirm();
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
