import {
  laterSuffix,
  reservationId,
  reservedForMs,
  reservedHash,
  reservedHashLength,
  suffixLength,
} from '@sallyport/contracts';
import { readMicros } from '../read/micros.ts';
import type { ClusterEvent } from '../read/read-cluster-event.ts';
import { readReservation, type Reservation } from '../read/read-reservation.ts';
import { isJudged } from './compare-events.ts';

/** How far the clocks of the gateway and of a cluster may be apart, in microseconds. */
const skew = 600_000_000;
const reservedFor = reservedForMs * 1000;
/** A later one of the same number is of another process, whose numbers began at random. */
const soon = 4 * reservedFor;
/** How many later reservations of a process are looked at. One of them can be missing, because it could not be recorded. */
const laterOnes = 3;

const suffixOf = (auditID: string) => auditID.slice(-suffixLength);
const laterThan = (suffix: string) => Array.from({ length: laterOnes }, (_, index) => laterSuffix(suffix, index + 1));

/** Returns the audit IDs of the events of the gateway that `explains` needs, to decide about a request under this ID. */
export const reservationsFor = (auditID: string): string[] =>
  /[0-9a-f]{8}$/.test(auditID) ? [suffixOf(auditID), ...laterThan(suffixOf(auditID))].map(reservationId) : [];

/** What is known of a request that the gateway has no event of. Times are microseconds since the epoch. */
type Unrecorded = { auditID: string; verb: string; received: number };

/** The audit IDs that the gateway reserved before it used them. */
export type Reservations = {
  take(reservation: Reservation): void;
  /**
   * Reports whether the gateway sent this request and was killed before it recorded it. It reads, the gateway reserved its
   * ID, and the process that did shows no sign of life after it: a process that goes on records every read soon.
   */
  explains(request: Unrecorded): boolean;
};

/** Creates an empty set. `grace`: how soon after its beginning a read is recorded, in microseconds. */
export function createReservations(grace: number): Reservations {
  const known = new Map<string, Reservation[]>();
  const has = ({ hashes = '' }: Reservation, hash: string) => {
    for (let at = hashes.indexOf(hash); at !== -1; at = hashes.indexOf(hash, at + 1))
      if (at % reservedHashLength === 0) return true;
    return false;
  };
  /** Reports whether the process that made a reservation lived on after a request, or ended in order. */
  const wentOn = ({ suffix, at }: Reservation, received: number) =>
    laterThan(suffix)
      .flatMap((later) => known.get(later) ?? [])
      .filter((later) => later.at >= at)
      .some(({ hashes, at: laterAt }) => hashes === undefined || (laterAt > received + grace && laterAt < at + soon));
  return {
    take(reservation) {
      const same = known.get(reservation.suffix);
      if (same) same.push(reservation);
      else known.set(reservation.suffix, [reservation]);
    },
    explains({ auditID, verb, received }) {
      if (!/^(?:get|list|watch)$/.test(verb)) return false;
      const hash = reservedHash(auditID);
      return (known.get(suffixOf(auditID)) ?? []).some(
        (one) =>
          received >= one.at - skew &&
          received <= one.at + reservedFor + skew &&
          has(one, hash) &&
          !wentOn(one, received),
      );
    },
  };
}

/** How soon after its beginning a read is recorded, where logs are compared as they arrive. */
const usualGrace = 30_000_000;

/** Reads the events of reservations for a cluster, for logs that are compared as they arrive. */
export function readReservations(events: readonly unknown[], cluster: string): Reservations {
  const reservations = createReservations(usualGrace);
  for (const value of events) {
    const reservation = readReservation(value, cluster);
    if (reservation) reservations.take(reservation);
  }
  return reservations;
}

/**
 * Returns what `explains` needs of a cluster's event. Undefined if the gateway cannot have sent it: it succeeded without
 * acting as a user, or it is not known yet whether it does.
 */
export function unrecordedOf(event: ClusterEvent): Unrecorded | undefined {
  if (!isJudged(event) || (!event.impersonatedUser && (event.responseStatus?.code ?? 0) < 400)) return undefined;
  return { auditID: event.auditID, verb: event.verb, received: readMicros(event.requestReceivedTimestamp)! };
}
