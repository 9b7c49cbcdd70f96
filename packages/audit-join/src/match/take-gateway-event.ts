import type { AuditPolicy } from '../policy/audit-policy.ts';
import type { GatewayEvent } from '../read/read-gateway-event.ts';
import { identityPrint, pathPrint } from './prints.ts';
import { kindText, resourceOf } from './request-kind.ts';
import { mark, type RequestRows } from './request-rows.ts';

/** Notes in a row what was sent, so that the cluster's events can be compared with it. */
export function describeSentRow(
  rows: RequestRows,
  row: number,
  sent: Pick<GatewayEvent, 'received' | 'user' | 'verb' | 'requestURI'> & { resource: string },
): void {
  rows.received.set(row, sent.received);
  rows.user.set(row, rows.names.numberOf(sent.user.username));
  rows.kind.set(row, rows.names.numberOf(kindText(sent)));
  rows.identity.set(row, identityPrint(sent.user));
  rows.path.set(row, pathPrint(sent.requestURI));
}

/** Creates what takes the gateway's events, several of which can be about one request. */
export function createOurs(
  rows: RequestRows,
  { policy, gatewayUsers }: { policy: AuditPolicy | undefined; gatewayUsers: readonly string[] },
): (event: GatewayEvent) => void {
  const add = (event: GatewayEvent): number => {
    const row = rows.ids.add(event.auditID);
    describeSentRow(rows, row, { ...event, resource: resourceOf(event.ref, event.requestURI) });
    if (policy?.records(event, gatewayUsers) === true) rows.mark(row, mark.logged);
    return row;
  };
  return (event) => {
    const known = rows.ids.rowOf(event.auditID);
    const row = known === -1 ? add(event) : known;
    rows.ended.set(row, Math.max(rows.ended.get(row), event.at));
    for (const bit of ['own', 'refused', 'answered', 'changes'] as const) if (event[bit]) rows.mark(row, mark[bit]);
    rows.mark(row, mark.ours);
  };
}
