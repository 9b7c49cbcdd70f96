import { readClusterEvent } from '../read/read-cluster-event.ts';
import { readGatewayEvent } from '../read/read-gateway-event.ts';
import { readMicros } from '../read/micros.ts';
import { readReservation } from '../read/read-reservation.ts';
import { fieldsOf } from '../read/fields.ts';
import type { AuditPolicy } from '../policy/audit-policy.ts';
import { createAccounts } from './create-accounts.ts';
import { createFindingList } from './finding-list.ts';
import type { Finding, FindingKind } from './finding.ts';
import { findMissing, type Missing } from './find-missing.ts';
import { defaultIgnore } from './is-ignored.ts';
import { createRequestRows } from './request-rows.ts';
import { createReservations } from './reservations.ts';
import { createOurs } from './take-gateway-event.ts';
import { createTheirs } from './take-cluster-event.ts';
import { createTimeRange, type TimeRange } from './time-range.ts';

export type JoinerOptions = {
  /** The cluster's name in the gateway's configuration. */
  cluster: string;
  /** Patterns of users whose requests do not come through the gateway. */
  ignore?: readonly string[];
  /** The accounts with which the gateway calls this cluster. Without it, the one that sent most of its requests. */
  gatewayUsers?: readonly string[];
  /** How near the ends of a log an event may be missing from it, in milliseconds. */
  marginMs?: number;
  /** The time that the gateway's events cover, in milliseconds. Without it, from the first of them to the last. */
  window?: { from: number; to: number };
  /** The log is that of an aggregated API server, which is told the user itself. */
  aggregated?: boolean;
  /** The cluster's audit policy. Without it, what it records is learned from the log. */
  policy?: AuditPolicy;
  /** How many findings of each kind are kept. All are counted. */
  keep?: number;
};

export type JoinResult = {
  findings: Finding[];
  counts: Record<FindingKind, number>;
  /** Requests of the gateway to this cluster, and how many of them the cluster's log has. */
  sent: number;
  matched: number;
  /** The accounts of the gateway in this cluster. */
  gatewayUsers: string[];
  ignored: { user: string; requests: number }[];
  /** Too near the ends of a log. */
  undecided: number;
  /** Not in the cluster's log, whose policy may not record them. */
  unverifiable: number;
  gatewayLog: Range;
  clusterLog: Range;
};
type Range = { events: number; unreadable: number; from?: string; to?: string };

/** Joins the gateway's events, all of them first, with those of a cluster. */
export type Joiner = {
  takeGateway(event: unknown): void;
  takeCluster(event: unknown): void;
  result(): JoinResult;
};

/** A gateway that goes on records a read within two seconds, and a busy one a little later. */
const recordedWithinMs = 10_000;

const iso = (micros: number) => new Date(micros / 1000).toISOString();

const rangeOf = ({ from, to }: TimeRange, events: number, unreadable: number): Range => ({
  events,
  unreadable,
  ...(Number.isFinite(from) ? { from: iso(from), to: iso(to) } : {}),
});

/** Creates a joiner. It keeps less than 200 bytes for each request, however long its events are. */
export function createJoiner(options: JoinerOptions): Joiner {
  const { policy, gatewayUsers = [], marginMs = 30_000, window } = options;
  const rows = createRequestRows();
  const accounts = createAccounts(options.gatewayUsers);
  const list = createFindingList(options.keep ?? 10_000);
  const given = window && { from: window.from * 1000, to: window.to * 1000 };
  const ours = createTimeRange(marginMs * 1000, given);
  const theirs = createTimeRange(marginMs * 1000);
  const reservations = createReservations((marginMs + recordedWithinMs) * 1000);
  const read = { ours: 0, theirs: 0, unreadable: 0, unreadableOurs: 0 };
  const cluster = createTheirs({
    rows,
    accounts,
    list,
    reservations,
    covered: ours,
    ignore: options.ignore ?? defaultIgnore,
    aggregated: options.aggregated ?? false,
  });
  const keep = createOurs(rows, { policy, gatewayUsers });
  return {
    takeGateway(value) {
      const at = readMicros(fieldsOf(value)?.stageTimestamp);
      if (at === undefined || fieldsOf(fieldsOf(value)?.sallyport) === undefined) read.unreadableOurs += 1;
      else {
        read.ours += 1;
        ours.take(at);
      }
      const reservation = readReservation(value, options.cluster);
      if (reservation) return reservations.take(reservation);
      const event = readGatewayEvent(value, options.cluster);
      if (event) keep(event);
    },
    takeCluster(value) {
      const event = readClusterEvent(value);
      if (!event) {
        read.unreadable += 1;
        return;
      }
      read.theirs += 1;
      theirs.take(readMicros(event.stageTimestamp)!);
      cluster.take(event);
    },
    result() {
      cluster.finish();
      for (const { kind, count, first } of accounts.findings()) list.addMany(kind, count, first);
      const missing: Missing = findMissing({ rows, list, covered: theirs, usePolicy: policy !== undefined });
      return {
        findings: list.findings(),
        counts: list.counts(),
        sent: missing.sent,
        matched: missing.matched,
        gatewayUsers: accounts.gateways(),
        ignored: accounts.ignoredCounts(),
        undecided: missing.undecided + cluster.undecided(),
        unverifiable: missing.unverifiable,
        gatewayLog: rangeOf(ours, read.ours, read.unreadableOurs),
        clusterLog: rangeOf(theirs, read.theirs, read.unreadable),
      };
    },
  };
}
