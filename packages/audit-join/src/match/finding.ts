import { alertKinds } from '@sallyport/contracts';

/** What the two logs can disagree about: what an alert can report. */
export const findingKinds = alertKinds;
export type FindingKind = (typeof findingKinds)[number];

/**
 * How a request that both logs have differs. `account`: another account than the gateway's sent it.
 * `not-impersonated`: it did not act as the user. `refused-by-gateway`: the gateway never sent it. `repeated`: it arrived
 * again.
 */
export type Difference =
  | 'account'
  | 'user'
  | 'identity'
  | 'verb'
  | 'path'
  | 'not-impersonated'
  | 'refused-by-gateway'
  | 'repeated';

/** One request about which the two logs disagree. */
export type Finding = {
  kind: FindingKind;
  auditID: string;
  /** When it was received, as RFC 3339. */
  time: string;
  /** The user: the one impersonated in the cluster's log, or the one in the gateway's. */
  user: string;
  /** The account that sent it to the cluster. */
  account?: string;
  verb: string;
  requestURI?: string;
  /** `namespace/resource`, with group and subresource. */
  resource?: string;
  /** The name of the object, if the cluster's log has it. */
  name?: string;
  code?: number;
  /** Why the cluster refused it, in its own words. */
  reason?: string;
  differs?: Difference[];
  sourceIPs?: string[];
};
