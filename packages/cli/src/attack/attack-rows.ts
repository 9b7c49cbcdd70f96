import type { AttackRow } from './probe/probe.ts';
import { byteRows } from './rows/byte-rows.ts';
import { credentialRows } from './rows/credential-rows.ts';
import { identityRows } from './rows/identity-rows.ts';
import { targetRows } from './rows/target-rows.ts';

/** The rows of the catalogue (docs/security.md) that a caller can judge from outside, in its order. */
export const attackRows: readonly AttackRow[] = [
  ...identityRows,
  ...byteRows,
  ...credentialRows,
  ...targetRows,
].toSorted((one, other) => one.row.localeCompare(other.row));

/** How many requests they are, near enough for whoever is asked whether they may be sent. */
export const probeCount = attackRows.reduce((sum, { probes }) => sum + probes.length, 0);
