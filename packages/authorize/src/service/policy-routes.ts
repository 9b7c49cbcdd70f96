import type { PolicyStatus } from '@sallyport/contracts';
import type { ReplicaRegistry } from '@sallyport/stores';
import type { PolicySet } from '../policies/policy-set.ts';
import { createReportRoute, sendJson, type Routes } from './routes.ts';
import { takeReport } from './take-report.ts';

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
