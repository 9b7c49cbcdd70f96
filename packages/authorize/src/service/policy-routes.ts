import {
  policyRulesRequestSchema,
  replicaReportSchema,
  type PolicyRules,
  type PolicyRulesRequest,
  type PolicyStatus,
} from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { outlineRules } from '@sallyport/policy';
import type { ReplicaRegistry } from '@sallyport/stores';
import { createCallRoute, createReportRoute, sendJson, type Routes } from '../http/routes.ts';
import type { PolicySet, PolicySnapshot } from '../policies/policy-set.ts';

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

/** Enough for 20,000 connections of connectors. */
const maxReportBytes = 8 * 1024 * 1024;

/** The most rules in one answer. */
const mostRules = 1000;

/** Lists the rules for a cluster or a web application. Throws `not-found` if there is none of that name. */
function listRules(snapshot: PolicySnapshot, { cluster, route }: PolicyRulesRequest): PolicyRules {
  const inForce =
    cluster === undefined ? snapshot.routes.get(route!)?.policies : snapshot.clusters.get(cluster)?.everyPolicy;
  if (!inForce)
    throw new ProblemError(
      'not-found',
      `The policy has no ${cluster === undefined ? 'web application' : 'cluster'} of that name.`,
    );
  const rules = outlineRules(inForce);
  const shadow = outlineRules(cluster === undefined ? [] : snapshot.clusters.get(cluster)!.shadow);
  return {
    version: snapshot.version,
    rules: rules.slice(0, mostRules),
    shadow: shadow.slice(0, mostRules),
    leftOut: Math.max(0, rules.length - mostRules) + Math.max(0, shadow.length - mostRules),
  } as PolicyRules;
}

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
            clusterNames: [...clusters.keys()],
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
    '/v1/policy/rules': createCallRoute(4096, async (text) => {
      const asked = policyRulesRequestSchema.safeParse(parseJson(text));
      if (!asked.success) throw new ProblemError('bad-request', 'Name either a cluster or a route.');
      return listRules(policies.current(), asked.data);
    }),
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
