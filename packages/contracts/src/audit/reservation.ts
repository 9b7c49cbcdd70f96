import { createHash } from 'node:crypto';

/** For how long after their reservation audit IDs are used, in milliseconds. */
export const reservedForMs = 3_600_000;

/** The length of a hash in a reservation, in characters. */
export const reservedHashLength = 16;

/** Returns the hash by which a reservation names an audit ID: 96 bits, so that an ID cannot be found by its hash. */
export const reservedHash = (auditID: string): string =>
  createHash('sha256').update(auditID).digest('base64url').slice(0, reservedHashLength);

/** The length of what the audit IDs of a reservation end with. Their beginnings differ, because people abbreviate IDs. */
export const suffixLength = 8;

/** Returns the suffix of a process's reservation that comes so many after this one. */
export const laterSuffix = (suffix: string, by: number): string =>
  ((Number.parseInt(suffix, 16) + by) >>> 0).toString(16).padStart(suffixLength, '0');

/** Returns the audit ID of the events of reservations with a suffix, by which they are found. */
export const reservationId = (suffix: string): string => `00000000-0000-4000-8000-0000${suffix}`;
