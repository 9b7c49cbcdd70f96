import { fieldsOf, textOf } from './fields.ts';
import { readMicros } from './micros.ts';

/** Audit IDs that a process of the gateway will use for reads of a cluster, by their hashes. */
export type Reservation = {
  suffix: string;
  /** Microseconds since the epoch. */
  at: number;
  /** Undefined at the orderly end of the process. */
  hashes: string | undefined;
};

const maxHashes = 1_000_000;

/**
 * Reads an event of the gateway's audit trail. Returns undefined unless it reserves audit IDs for this cluster, or says
 * that no more are used.
 */
export function readReservation(value: unknown, cluster: string): Reservation | undefined {
  const event = fieldsOf(value);
  const part = fieldsOf(event?.sallyport);
  const reservation = fieldsOf(part?.reservation);
  if (!event || !reservation || fieldsOf(part?.cluster)?.name !== cluster) return undefined;
  const { hashes } = reservation;
  const [suffix, at] = [textOf(reservation.suffix, 8), readMicros(event.stageTimestamp)];
  if (!suffix || at === undefined || (hashes !== undefined && textOf(hashes, maxHashes) === undefined))
    return undefined;
  return { suffix, at, hashes: hashes as string | undefined };
}
