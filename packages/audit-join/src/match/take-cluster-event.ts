import { readMicros } from '../read/micros.ts';
import type { ClusterEvent } from '../read/read-cluster-event.ts';
import { isJudged } from './compare-events.ts';
import type { Accounts } from './create-accounts.ts';
import { describeFinding } from './describe-finding.ts';
import { describeRow } from './find-missing.ts';
import type { FindingList } from './finding-list.ts';
import { isIgnored } from './is-ignored.ts';
import { kindOfText, kindText, resourceOf } from './request-kind.ts';
import { mark, type RequestRows } from './request-rows.ts';
import { unrecordedOf, type Reservations } from './reservations.ts';
import { describeSentRow } from './take-gateway-event.ts';
import { createTakeKnown } from './take-known.ts';
import type { TimeRange } from './time-range.ts';

type TheirsDeps = {
  rows: RequestRows;
  accounts: Accounts;
  list: FindingList;
  reservations: Reservations;
  /** The time that the gateway's events cover. */
  covered: TimeRange;
  ignore: readonly string[];
  aggregated: boolean;
};

/** Creates what takes the cluster's events, once all events of the gateway are known. */
export function createTheirs(deps: TheirsDeps) {
  const { rows, accounts, list, reservations, covered, ignore } = deps;
  const takeKnown = createTakeKnown(deps);
  let undecided = 0;

  /** Keeps a request of which only the beginning is known so far. Whom it impersonates, the API server says later. */
  const keepBegun = (event: ClusterEvent): void => {
    const row = rows.ids.add(event.auditID);
    rows.received.set(row, readMicros(event.requestReceivedTimestamp)!);
    rows.user.set(row, rows.names.numberOf(event.user.username));
    const resource = resourceOf(event.objectRef, event.requestURI);
    rows.kind.set(row, rows.names.numberOf(kindText({ verb: event.verb, resource })));
  };
  const takeUnknown = (row: number, event: ClusterEvent): void => {
    const ignored = isIgnored(event, ignore);
    if (!isJudged(event)) {
      if (row === -1 && !ignored) keepBegun(event);
      return;
    }
    if (row !== -1 && rows.has(row, mark.found)) return;
    const isIn = covered.covers(readMicros(event.requestReceivedTimestamp)!);
    if (ignored) {
      if (event.stage === 'ResponseStarted') return;
      if (isIn) accounts.ignored(event.user.username, () => describeFinding('bypassed-gateway', event));
    } else if (isIn) list.add(describeFinding('bypassed-gateway', event));
    else undecided += 1;
    if (ignored && row === -1) return;
    rows.mark(row === -1 ? rows.ids.add(event.auditID) : row, mark.found);
  };
  /**
   * Takes a request that the gateway sent and did not record for one of its own, so that whatever else comes under its ID
   * is compared with it. Nothing more may come: the gateway's retry of a lost connection is not told from a thief here.
   */
  const takeUnfinished = (known: number, event: ClusterEvent): void => {
    const received = readMicros(event.requestReceivedTimestamp)!;
    if (!covered.covers(received)) {
      undecided += 1;
      return;
    }
    const row = known === -1 ? rows.ids.add(event.auditID) : known;
    const { verb, requestURI, impersonatedUser: user = event.user } = event;
    describeSentRow(rows, row, { received, user, verb, requestURI, resource: resourceOf(event.objectRef, requestURI) });
    rows.ended.set(row, received);
    rows.mark(row, mark.ours | mark.changes);
    list.add(describeFinding('unfinished', event));
    takeKnown(row, event);
  };
  return {
    take(event: ClusterEvent): void {
      const row = rows.ids.rowOf(event.auditID);
      if (row !== -1 && rows.has(row, mark.ours)) return takeKnown(row, event);
      const unrecorded = unrecordedOf(event);
      const isOpen = row === -1 || !rows.has(row, mark.found);
      if (unrecorded && isOpen && reservations.explains(unrecorded)) takeUnfinished(row, event);
      else takeUnknown(row, event);
    },
    /** Makes findings of the requests that only began. */
    finish(): void {
      for (let row = 0; row < rows.ids.size; row += 1) {
        if (rows.has(row, mark.ours | mark.found)) continue;
        if (!covered.covers(rows.received.get(row))) {
          undecided += 1;
          continue;
        }
        const account = rows.names.nameOf(rows.user.get(row));
        const { verb } = kindOfText(rows.names.nameOf(rows.kind.get(row)));
        const isOurs = reservations.explains({ auditID: rows.ids.idOf(row), verb, received: rows.received.get(row) });
        list.add({ ...describeRow(rows, row, isOurs ? 'unfinished' : 'bypassed-gateway'), account });
      }
    },
    undecided: () => undecided,
  };
}
