import type { ClusterEvent, Finding, FindingKind } from '@sallyport/audit-join';
import type { AuditEventType } from '@sallyport/contracts';

/** A cluster's event that is not judged yet. Times are RFC 3339 with microseconds. `ageMs`: how long it has been stored. */
export type OpenEvent = {
  time: string;
  received: string;
  auditId: string;
  stage: string;
  ageMs: number;
  event: ClusterEvent;
};

/** What was decided about an event. `alert` is the key of the alert that counts it. */
export type Verdict = Pick<OpenEvent, 'time' | 'received' | 'auditId' | 'stage'> & { isFound: boolean; alert?: string };

/**
 * Similar findings of one cluster and period. `fold` says what they have in common; of too many, all further ones are
 * ``.
 */
export type NewAlert = {
  key: string;
  cluster: string;
  kind: FindingKind;
  fold: string;
  finding: Finding;
  count: number;
};

/** An alert that is to be published. Its id and time stay the same however often it is published. */
export type OpenAlert = {
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
  cluster: string;
  finding: Finding;
  count: number;
  first: string;
  last: string;
};

/** The accounts of the gateway in a cluster, as its requests show. Names are in the form of `searchable`. */
export type GatewayAccounts = {
  /** The account that sent most of its requests within the last hour. */
  current?: string;
  /** All that sent one. One that sent none for a week is forgotten, if another one did. */
  known: string[];
};

/** Up to which event the trail was searched for requests that a cluster did not record, and which they are. */
export type Unseen = { from: number; upto: number; requests: { cluster: string; data: unknown }[] };

/**
 * The state of the comparison, for all replicas. Every method rejects with `service-unavailable` while the database is
 * down.
 */
export interface JoinStore {
  /** Takes or keeps the comparison for this replica. Returns false while another one has it. */
  lease(holder: string, forMs: number): Promise<boolean>;
  /** Gives the comparison to any other replica, before this one ends. */
  release(holder: string): Promise<void>;
  /** Returns the cluster's events that are not judged, the oldest first. */
  open(cluster: string, limit: number): Promise<OpenEvent[]>;
  /** Returns the data of the gateway's events of a type under these IDs since a time. */
  gatewayEvents(
    cluster: string,
    auditIds: readonly string[],
    which: { type: AuditEventType; since: string },
  ): Promise<{ auditId: string; data: unknown }[]>;
  /** Returns when requests under these IDs arrived within the last week, and what was decided about them. */
  arrivals(
    cluster: string,
    auditIds: readonly string[],
  ): Promise<{ auditId: string; received: string; isJudged: boolean; isFound: boolean }[]>;
  /** Returns the accounts that sent requests of the gateway. */
  gatewayAccounts(cluster: string): Promise<GatewayAccounts>;
  /** Returns which alerts a cluster has in a period. */
  folds(cluster: string, period: string): Promise<{ kind: string; fold: string }[]>;
  /** Records verdicts and counts their alerts, each event once, whichever replica judged it. */
  record(
    cluster: string,
    given: {
      verdicts: readonly Verdict[];
      alerts: readonly NewAlert[];
      period: string;
      kinds: readonly string[];
      accounts: ReadonlyMap<string, number>;
    },
  ): Promise<void>;
  /** Returns the next requests of the gateway, ended before a time, of which a cluster has sent no event. */
  unseen(clusters: readonly string[], endedBefore: string, limit: number): Promise<Unseen | undefined>;
  /** Returns those kinds of requests that the cluster has recorded. */
  recordedKinds(cluster: string, kinds: readonly string[]): Promise<Set<string>>;
  /** Returns when the cluster sent its first events, in milliseconds since the epoch. */
  seenSince(cluster: string): Promise<number | undefined>;
  /** Continues the search after `upto` and counts what is missing, unless another replica did. */
  recordMissing(unseen: Pick<Unseen, 'from' | 'upto'>, alerts: readonly NewAlert[], period: string): Promise<void>;
  /** Returns alerts to publish and claims them: new ones, and the rest of those whose period ended before a time. */
  claimAlerts(now: number, claimedBefore: number, endedBefore: number): Promise<OpenAlert[]>;
  /** Notes that the trail has these alerts. */
  markTold(ids: readonly string[]): Promise<void>;
  /** Deletes what was told before a time, and the accounts that sent nothing since then, if another one did. */
  forget(before: number): Promise<void>;
}
