import { readObject } from '../http/read-body.ts';
import { sendJson } from '../http/reply.ts';
import { reviews } from '../kinds/kinds.ts';
import { badRequest, unknownResource } from '../objects/api-error.ts';
import { isJsonObject, textAt, valueAt, type KubeObject } from '../objects/kube-object.ts';
import type { Call, Cluster } from './call.ts';
import { allowedReason, noResource, rulesFor, type Attributes, type Rule } from './rbac.ts';
import type { User } from './user.ts';

/** Resources that only answer a question about the caller or, for SubjectAccessReview, about another user. */
export const reviewResources: ReadonlyMap<string, string> = new Map(
  reviews.map(({ resource, group }) => [resource, group]),
);

/** Answers a review with its status filled in. */
export async function answerReview(cluster: Cluster, call: Call): Promise<void> {
  if (call.info.requestVerb !== 'create' || call.info.subresource !== '') throw unknownResource();
  const review = await readObject(call.request);
  if (`${review.kind.toLowerCase()}s` !== call.info.resource)
    throw badRequest(`the kind in the body is ${review.kind}`);
  sendJson(call.response, 201, {
    ...review,
    metadata: { ...review.metadata, creationTimestamp: null },
    status: statusOf(cluster, call.user, review),
  });
}

function statusOf(cluster: Cluster, user: User, review: KubeObject): Record<string, unknown> {
  switch (review.kind) {
    case 'SelfSubjectReview':
      return {
        userInfo: {
          username: user.username,
          ...(user.uid !== undefined && { uid: user.uid }),
          groups: user.groups,
          ...(Object.keys(user.extra).length > 0 && { extra: user.extra }),
        },
      };
    case 'SelfSubjectAccessReview':
      return access(cluster, user, review);
    case 'SubjectAccessReview':
      return access(cluster, readSubject(review), review);
    default:
      return rules(cluster, user, textAt(review, 'spec.namespace'));
  }
}

function readSubject(review: KubeObject): User {
  const groups = valueAt(review, 'spec.groups');
  return {
    username: textAt(review, 'spec.user'),
    groups: Array.isArray(groups) ? groups.filter((one) => typeof one === 'string') : [],
    extra: {},
  };
}

function access(cluster: Cluster, user: User, review: KubeObject): Record<string, unknown> {
  const allowed = cluster.access(user, readAttributes(review));
  return { allowed, ...(allowed && { reason: allowedReason }) };
}

function readAttributes(review: KubeObject): Attributes {
  const text = (path: string): string => textAt(review, `spec.${path}`);
  const about = (path: string): boolean => isJsonObject(valueAt(review, `spec.${path}`));
  if (about('nonResourceAttributes'))
    return { ...noResource, verb: text('nonResourceAttributes.verb'), path: text('nonResourceAttributes.path') };
  if (!about('resourceAttributes'))
    throw badRequest('exactly one of resourceAttributes or nonResourceAttributes must be specified');
  const of = (field: string): string => text(`resourceAttributes.${field}`);
  return {
    verb: of('verb'),
    apiGroup: of('group'),
    resource: of('resource'),
    subresource: of('subresource'),
    namespace: of('namespace'),
    name: of('name'),
  };
}

function rules(cluster: Cluster, user: User, namespace: string): Record<string, unknown> {
  const everything: Rule[] = [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ];
  const all = user.groups.includes('system:masters') ? everything : rulesFor(cluster.store, user, namespace);
  return {
    resourceRules: all.filter((rule) => rule.resources !== undefined),
    nonResourceRules: all.filter((rule) => rule.nonResourceURLs !== undefined),
    incomplete: false,
  };
}
