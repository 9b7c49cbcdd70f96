import { fieldOf } from '../input/field-of.ts';
import { askAsPerson, type OpenGateway } from '../gateway/open-gateway.ts';
import type { GatewayAnswer } from '../gateway/gateway-client.ts';
import type { Asked } from './read-asked.ts';

/** What the cluster itself says of a request; `allowed` is undefined where it could not be asked. */
export type ClusterAnswer = { allowed: boolean | undefined; reason: string };

const longest = 500;

const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, longest) : '');

function specOf({ verb, resource, apiGroup, subresource, namespace, name, path }: Asked): Record<string, unknown> {
  if (path !== undefined) return { nonResourceAttributes: { path: path.split('?', 1)[0], verb } };
  return { resourceAttributes: { verb, group: apiGroup, resource, subresource, namespace, name } };
}

function read({ status, body }: GatewayAnswer): ClusterAnswer {
  const review = fieldOf(body, 'status');
  const allowed = fieldOf(review, 'allowed');
  if (status === 201 && typeof allowed === 'boolean')
    return { allowed, reason: text(fieldOf(review, 'reason')) || text(fieldOf(review, 'evaluationError')) };
  return { allowed: undefined, reason: text(fieldOf(body, 'message')) || `it answered ${status}` };
}

/**
 * Asks the cluster, through the gateway and as the person, whether its own rules (RBAC) would let a request through: a
 * SelfSubjectAccessReview, which changes nothing.
 */
export async function askCluster(gateway: OpenGateway, asked: Asked, cluster: string): Promise<ClusterAnswer> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: specOf(asked) };
  return read(
    await askAsPerson(gateway, {
      method: 'POST',
      path: `/clusters/${encodeURIComponent(cluster)}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`,
      json: review,
    }),
  );
}
