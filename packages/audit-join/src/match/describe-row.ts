import type { Finding, FindingKind } from './finding.ts';
import { kindOfText } from './request-kind.ts';
import type { RequestRows } from './request-rows.ts';

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
