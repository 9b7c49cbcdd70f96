import { clusterRole, type ImpersonateSettings } from '../account/cluster-role.ts';
import type { Right } from '../kube/require-rights.ts';
import { atomsOf, type PolicyRule } from './rule-atoms.ts';

/** What Kubernetes gives everyone who is logged in, and every ServiceAccount (its default ClusterRoles). */
export const defaultRules: readonly PolicyRule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  {
    verbs: ['get'],
    nonResourceURLs: [
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/openapi',
      '/openapi/*',
      '/version',
      '/version/',
      '/healthz',
      '/livez',
      '/readyz',
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/',
      '/openid/v1/jwks',
      '/openid/v1/jwks/',
    ],
  },
];

/** A right that the gateway uses if it has it, to tell custom resources from aggregated APIs. */
const optionalRules: readonly PolicyRule[] = [
  { verbs: ['list'], apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'] },
];

/** The rules that a gateway may have: those of its role, and those that it may have in addition. */
export function expectedRules(cluster: ImpersonateSettings): PolicyRule[] {
  return [...clusterRole(cluster).role.rules, ...optionalRules];
}

/** Returns every right that the gateway needs, as the API server asks for it when it is used. */
export function neededRights(cluster: ImpersonateSettings): Right[] {
  return clusterRole(cluster)
    .role.rules.flatMap(atomsOf)
    .flatMap((atom) => {
      if ('url' in atom) return [];
      const [resource = '', ...parts] = atom.resource.split('/');
      return [{ ...atom, resource, ...(parts.length === 0 ? {} : { subresource: parts.join('/') }) }];
    });
}

/**
 * Rights that are asked for one by one, because a SelfSubjectRulesReview lists only what RBAC gives. None of them is in
 * a gateway's role.
 */
export const dangerousRights: readonly Right[] = [
  { verb: '*', group: '*', resource: '*' },
  { verb: 'get', group: '', resource: 'secrets' },
  { verb: 'create', group: '', resource: 'pods' },
  { verb: 'create', group: '', resource: 'pods', subresource: 'exec' },
  { verb: 'get', group: '', resource: 'nodes', subresource: 'proxy' },
  { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token' },
  { verb: 'escalate', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'bind', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'impersonate', group: '', resource: 'serviceaccounts' },
  { verb: 'impersonate', group: '', resource: 'groups' },
];
