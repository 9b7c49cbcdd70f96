import type { AttackRow } from '../probe/probe.ts';
import { byteRows } from './byte-rows.ts';
import { connectorRows } from './connector-rows.ts';
import { credentialRows } from './credential-rows.ts';
import { identityRows } from './identity-rows.ts';
import { targetRows } from './target-rows.ts';

/** The rows of the catalog (docs/security.md) that a client can check from outside, in the same order. */
export const attackRows: readonly AttackRow[] = [
  ...identityRows,
  ...byteRows,
  ...credentialRows,
  ...targetRows,
  ...connectorRows,
].toSorted((one, other) => one.row.localeCompare(other.row));

/** The approximate number of requests, for the confirmation. */
export const probeCount = attackRows.reduce((sum, { probes }) => sum + probes.length, 0);
