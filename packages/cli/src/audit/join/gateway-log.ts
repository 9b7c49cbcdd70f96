import { fetchAuditPage } from '../trail/search-trail.ts';
import type { Environment } from '../../environment/environment.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { CliError } from '../../terminal/cli-error.ts';

/** Reads all events about requests to a cluster from the audit store through the gateway. Times are milliseconds. */
export async function readStoredEvents(
  environment: Environment,
  options: GatewayNames & { cluster: string; from: number; to: number },
  take: (event: unknown) => void,
): Promise<void> {
  const gateway = await openGateway(environment, options);
  const query = new URLSearchParams({
    type: 'k8s.request',
    cluster: options.cluster,
    order: 'oldest',
    limit: '1000',
    since: new Date(options.from).toISOString(),
    until: new Date(options.to).toISOString(),
  });
  for (;;) {
    const page = await fetchAuditPage(gateway, query);
    if (page.scope !== 'all' && page.view?.clusters.includes(options.cluster) !== true)
      throw new CliError(
        'refused',
        `you may not see everyone's events on ${options.cluster}, and the requests of others would seem to bypass the gateway`,
        "You must be listed in the gateway's api.policy.audit. Or give --events FILE.",
      );
    for (const { data } of page.events) take(data);
    if (page.next == null || page.events.length === 0) return;
    query.set('after', page.next);
  }
}
