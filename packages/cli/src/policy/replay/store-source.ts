import { fetchAuditPage, scopeNote } from '../../audit/trail/search-trail.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { requireCredential, openGateway } from '../../gateway/open-gateway.ts';
import type { Environment } from '../../environment/environment.ts';
import type { EventSource } from './file-source.ts';

const pageSize = '1000';

/**
 * Reads events from the audit store through the gateway, as the user who is logged in: the last event of every request
 * on a cluster, page by page. Times are RFC 3339.
 */
export function storeSource(
  environment: Environment,
  options: GatewayNames & { since: string | undefined; until: string },
): EventSource {
  return async (take) => {
    const gateway = await openGateway(environment, options);
    // Without an end, requests that arrive during the replay would be read too.
    const query = new URLSearchParams({
      type: 'k8s.request',
      stage: 'ResponseComplete',
      order: 'oldest',
      limit: pageSize,
      until: options.until,
    });
    if (options.since !== undefined) query.set('since', options.since);
    let noted = false;
    for (;;) {
      const page = await fetchAuditPage(gateway, query);
      if (!noted && page.scope === 'own')
        environment.stderr.write(scopeNote(page, requireCredential(gateway).user, undefined) ?? '');
      noted = true;
      take(page.events, 0);
      if (page.next == null || page.events.length === 0) return;
      query.set('after', page.next);
    }
  };
}
