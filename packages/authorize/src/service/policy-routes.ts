import { replicaReportSchema, type PolicyStatus } from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import type { ReplicaRegistry } from '@sallyport/stores';
import { createReportRoute, sendJson, type Routes } from '../http/routes.ts';
import type { PolicySet } from '../policies/policy-set.ts';

/**
 * Stores the report of a gateway, or removes a gateway that is shutting down. Throws `bad-request` for anything else;
 * authorize does not report over HTTP.
 */
async function takeReport(text: string, replicas: Pick<ReplicaRegistry, 'put' | 'remove'>): Promise<void> {
  const parsed = replicaReportSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new ProblemError('bad-request', 'The body is not the report of a replica.');
  const report = parsed.data;
  const id = 'gone' in report ? report.gone : report.replica.id;
  if (!id.startsWith('proxy/') || ('replica' in report && report.replica.service !== 'proxy'))
    throw new ProblemError('bad-request', 'Only gateways may report here.');
  if ('gone' in report) await replicas.remove(id);
  else await replicas.put(report.replica);
}

const maxReportBytes = 128 * 1024;

/** Creates the routes about the policy in force: what it is, which replica runs it, and reading it again. */
export function createPolicyRoutes(policies: Pick<PolicySet, 'current'>, replicas: ReplicaRegistry): Routes {
  return {
    '/v1/policy': {
      method: 'GET',
      serve(_request, response) {
        const { version, ruleCount, clusters, api } = policies.current();
        sendJson(
          response,
          JSON.stringify({
            version,
            rules: ruleCount,
            clusters: clusters.size,
            apiAreas: [...api].filter(([, list]) => list.length > 0).map(([area]) => area),
          }),
        );
      },
    },
    '/v1/policy/status': {
      method: 'GET',
      async serve(_request, response) {
        const status: PolicyStatus = { replicas: await replicas.list() };
        sendJson(response, JSON.stringify(status));
      },
    },
    '/v1/policy/reload': {
      method: 'POST',
      async serve(_request, response) {
        await replicas.requestReload();
        sendJson(response, '{"requested":true}', 202);
      },
    },
    '/v1/replicas': createReportRoute(maxReportBytes, (text) => takeReport(text, replicas)),
  };
}
