import type { ClusterEvent } from '@sallyport/audit-join';

/** An event of a cluster's own audit log, as it is stored. `data` is JSON without bodies and credentials. */
export type ReceivedEvent = {
  event: ClusterEvent;
  /**
   * The event is stored whatever else is known. Others are stored only if the gateway sent the request, or if an
   * account did that is known as its own.
   */
  keep: boolean;
};

/** The clusters' own audit events, in the same database as the trail. */
export interface ClusterEventStore {
  /**
   * Stores the events of a cluster that are not stored yet, all or none. Rejects with `service-unavailable` while the
   * database is down.
   */
  add(cluster: string, events: readonly ReceivedEvent[]): Promise<void>;
  /** Returns the cluster's events under an audit ID, in their order. */
  find(auditId: string): Promise<{ cluster: string; event: ClusterEvent }[]>;
}
