import type { ClusterEvent } from '../read/read-cluster-event.ts';
import { readMicros } from '../read/micros.ts';
import { compareEvents, isDenied, isJudged } from './compare-events.ts';
import type { Accounts } from './create-accounts.ts';
import { describeFinding } from './describe-finding.ts';
import type { Difference } from './finding.ts';
import type { FindingList } from './finding-list.ts';
import { kindOfText } from './request-kind.ts';
import { mark, type RequestRows } from './request-rows.ts';

/** A repeated read is expected this soon after the first one, in microseconds: the gateway lost its connection. */
export const retryWithin = 5_000_000;

/** Creates what takes a cluster's events of requests that the gateway recorded. */
export function createTakeKnown(deps: {
  rows: RequestRows;
  accounts: Accounts;
  list: FindingList;
  aggregated: boolean;
}): (row: number, event: ClusterEvent) => void {
  const { rows, accounts, list, aggregated } = deps;
  /** Notes when a request arrived. Reports whether it arrived a second time, and the gateway had no reason to send it. */
  const isRepeated = (row: number, event: ClusterEvent): boolean => {
    const [at, first] = [readMicros(event.requestReceivedTimestamp)!, rows.arrived.get(row)];
    if (first === 0) rows.arrived.set(row, at);
    if (first === 0 || first === at || rows.has(row, mark.repeated)) return false;
    const took = rows.ended.get(row) - rows.received.get(row);
    if (!rows.has(row, mark.changes) && Math.abs(at - first) <= took + retryWithin) return false;
    rows.mark(row, mark.repeated);
    return true;
  };
  return (row, event) => {
    rows.mark(row, mark.seen);
    const differs: Difference[] = isRepeated(row, event) ? ['repeated'] : [];
    if (isJudged(event) || rows.has(row, mark.refused)) {
      const sent = {
        own: rows.has(row, mark.own),
        refused: rows.has(row, mark.refused),
        user: rows.names.nameOf(rows.user.get(row)),
        identity: rows.identity.get(row),
        verb: kindOfText(rows.names.nameOf(rows.kind.get(row))).verb,
        path: rows.path.get(row),
      };
      if (!rows.has(row, mark.found)) differs.push(...compareEvents(sent, event, aggregated));
      if (differs.length === 0 && isDenied(event) && !rows.has(row, mark.denied)) {
        rows.mark(row, mark.denied);
        list.add(describeFinding('denied-by-cluster', event));
      }
      if (event.stage === 'ResponseComplete' && differs.length === 0 && !aggregated)
        accounts.matched(event.user.username, () => describeFinding('mismatched', event, ['account']));
    }
    if (differs.length === 0) return;
    rows.mark(row, mark.found);
    list.add(describeFinding('mismatched', event, differs));
  };
}
