import { readMicros } from '../read/micros.ts';
import type { ClusterEvent } from '../read/read-cluster-event.ts';
import { isJudged } from './compare-events.ts';
import type { Accounts } from './create-accounts.ts';
import { describeFinding } from './describe-finding.ts';
import { describeRow } from './find-missing.ts';
import type { FindingList } from './finding-list.ts';
import { isIgnored } from './is-ignored.ts';
import { kindText, resourceOf } from './request-kind.ts';
import { mark, type RequestRows } from './request-rows.ts';
import { createTakeKnown } from './take-known.ts';
import type { TimeRange } from './time-range.ts';

type TheirsDeps = {
  rows: RequestRows;
  accounts: Accounts;
  list: FindingList;
  /** The time that the gateway's events cover. */
  covered: TimeRange;
  ignore: readonly string[];
  aggregated: boolean;
};

/** Creates what takes the cluster's events, once all events of the gateway are known. */
export function createTheirs(deps: TheirsDeps) {
  const { rows, accounts, list, covered, ignore } = deps;
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
  return {
    take(event: ClusterEvent): void {
      const row = rows.ids.rowOf(event.auditID);
      if (row !== -1 && rows.has(row, mark.ours)) takeKnown(row, event);
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
        list.add({ ...describeRow(rows, row, 'bypassed-gateway'), account: rows.names.nameOf(rows.user.get(row)) });
      }
    },
    undecided: () => undecided,
  };
}
