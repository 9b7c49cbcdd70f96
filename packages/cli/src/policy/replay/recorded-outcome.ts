import type { PolicyResult } from '../../config/gateway-config.ts';
import type { Field } from './fields.ts';

/**
 * The decision of a policy on a recorded request. It is unknown if it depends on fields that the event does not record.
 * Then `criteria` are those that need these fields.
 */
export type RecordedOutcome =
  | { known: true; effect: PolicyResult['effect']; rule: string }
  | { known: false; criteria: readonly string[]; fields: readonly Field[] };
