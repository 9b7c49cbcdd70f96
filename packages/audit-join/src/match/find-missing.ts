import type { FindingList } from './finding-list.ts';
import type { Finding, FindingKind } from './finding.ts';
import { kindOfText } from './request-kind.ts';
import { mark, type RequestRows } from './request-rows.ts';
import type { TimeRange } from './time-range.ts';

/** Describes a finding by what is kept of a request. */
export function describeRow({ ids, received, names, user, kind }: RequestRows, row: number, as: FindingKind): Finding {
  return {
    kind: as,
    auditID: ids.idOf(row),
    time: new Date(received.get(row) / 1000).toISOString(),
    user: names.nameOf(user.get(row)),
    ...kindOfText(names.nameOf(kind.get(row))),
  };
}

export type Missing = { sent: number; matched: number; undecided: number; unverifiable: number };

/**
 * Finds the requests to which the cluster responded, and that its log does not have. Only those count that its audit
 * policy records: by the policy, or if the log has another request with the same verb, resource and namespace.
 */
export function findMissing(deps: {
  rows: RequestRows;
  list: FindingList;
  covered: TimeRange;
  usePolicy: boolean;
}): Missing {
  const { rows, list, covered } = deps;
  const missing: Missing = { sent: 0, matched: 0, undecided: 0, unverifiable: 0 };
  const recorded = new Set<number>();
  for (let row = 0; row < rows.ids.size; row += 1)
    if (rows.has(row, mark.ours) && rows.has(row, mark.seen)) recorded.add(rows.kind.get(row));
  for (let row = 0; row < rows.ids.size; row += 1) {
    if (!rows.has(row, mark.ours) || rows.has(row, mark.refused)) continue;
    missing.sent += 1;
    if (rows.has(row, mark.seen)) missing.matched += 1;
    else if (!rows.has(row, mark.answered)) continue;
    else if (!covered.covers(rows.received.get(row)) || !covered.covers(rows.ended.get(row))) missing.undecided += 1;
    else if (deps.usePolicy ? !rows.has(row, mark.logged) : !recorded.has(rows.kind.get(row)))
      missing.unverifiable += 1;
    else list.add(describeRow(rows, row, 'missing-in-cluster-log'));
  }
  return missing;
}
