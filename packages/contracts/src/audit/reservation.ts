import { createHash } from 'node:crypto';

/** For how long after their reservation audit IDs are used, in milliseconds. */
export const reservedForMs = 3_600_000;

/** The length of a hash in a reservation, in characters. */
export const reservedHashLength = 16;

/** Returns the hash by which a reservation names an audit ID: 96 bits, so that nobody finds an ID by its hash. */
export const reservedHash = (auditID: string): string =>
  createHash('sha256').update(auditID).digest('base64url').slice(0, reservedHashLength);

/** Returns the prefix of a process's reservation that comes so many after this one. */
export const laterPrefix = (prefix: string, by: number): string =>
  ((Number.parseInt(prefix, 16) + by) >>> 0).toString(16).padStart(8, '0');

/** Returns the audit ID of the events of reservations with a prefix, by which they are found. */
export const reservationId = (prefix: string): string => `${prefix}-0000-4000-8000-000000000000`;
