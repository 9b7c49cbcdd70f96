import { fieldOf } from '../input/untrusted.ts';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import type { GatewayAnswer } from '../gateway/gateway-client.ts';
import type { Asked } from './question/read-asked.ts';

/** The cluster's own decision on a request. `allowed` is undefined if the cluster could not be asked. */
export type ClusterAnswer = { allowed: boolean | undefined; reason: string };

const maxReasonLength = 500;

const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, maxReasonLength) : '');

function specOf({ verb, resource, apiGroup, subresource, namespace, name, path }: Asked): Record<string, unknown> {
  if (path !== undefined) return { nonResourceAttributes: { path: path.split('?', 1)[0], verb } };
  return { resourceAttributes: { verb, group: apiGroup, resource, subresource, namespace, name } };
}

/** Returns the headers by which Kubernetes is asked to act as another. Node.js writes one byte per character. */
function actingHeaders(targets: readonly string[]): Record<string, string[]> {
  const named = (kind: string) =>
    targets
      .filter((target) => target.startsWith(`${kind}:`))
      .map((target) => Buffer.from(target.slice(kind.length + 1), 'utf8').toString('latin1'));
  const accounts = named('serviceaccount').map((name) => `system:serviceaccount:${name.replace('/', ':')}`);
  const all = { User: [...named('user'), ...accounts], Group: named('group'), Uid: named('uid') };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, values]) => (values.length === 0 ? [] : [[`Impersonate-${name}`, values]])),
  );
}

/** Reports whether the gateway refused because the RBAC of the cluster does not let the user act as the other. */
const isByRbac = (message: string) => /\(rule "cluster\/[^"]*\.rbac"\)$/.test(message);

function read({ status, body }: GatewayAnswer): ClusterAnswer {
  const review = fieldOf(body, 'status');
  const allowed = fieldOf(review, 'allowed');
  if (status === 201 && typeof allowed === 'boolean')
    return { allowed, reason: text(fieldOf(review, 'reason')) || text(fieldOf(review, 'evaluationError')) };
  const message = text(fieldOf(body, 'message'));
  return {
    allowed: status === 403 && isByRbac(message) ? false : undefined,
    reason: message || `it answered ${status}`,
  };
}

/**
 * Asks the cluster, through the gateway and as the user, whether its own rules (RBAC) allow a request. It does so with
 * a SelfSubjectAccessReview, which changes nothing.
 */
export async function askCluster(gateway: OpenGateway, asked: Asked, cluster: string): Promise<ClusterAnswer> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: specOf(asked) };
  return read(
    await askAsUser(gateway, {
      method: 'POST',
      path: `/clusters/${encodeURIComponent(cluster)}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`,
      json: review,
      ...(asked.impersonate === undefined ? {} : { headers: actingHeaders(asked.impersonate) }),
    }),
  );
}
