import { compileGlob } from './glob.ts';

/** Reports whether the pattern covers a resource, group (empty: core) and subresource (empty: the object itself). */
export type ResourcePattern = (resource: string, group: string, subresource: string) => boolean;

const coreOnly = (group: string) => group === '';
const objectOnly = (subresource: string) => subresource === '';
const any = () => true;

/**
 * Compiles `resource[.group][/subresource]`, as kubectl writes a group-resource. Each part is a separate glob, so
 * `pods*` covers neither `pods/exec` nor `pods` of another group. No group means the core group, except that the
 * resource `*` means every group. `*` alone covers everything.
 */
export function compileResourcePattern(pattern: string): ResourcePattern {
  if (pattern === '*') return any;
  const slash = pattern.indexOf('/');
  const subject = slash < 0 ? pattern : pattern.slice(0, slash);
  const dot = subject.indexOf('.');
  const name = dot < 0 ? subject : subject.slice(0, dot);
  const matchesName = compileGlob(name);
  const matchesGroup = dot >= 0 ? compileGlob(subject.slice(dot + 1)) : name === '*' ? any : coreOnly;
  const matchesSubresource = slash < 0 ? objectOnly : withSubresource(pattern.slice(slash + 1));
  return (resource, group, subresource) =>
    matchesName(resource) && matchesGroup(group) && matchesSubresource(subresource);
}

/** `pods/*` covers every subresource, but not the pod itself. */
function withSubresource(pattern: string): (subresource: string) => boolean {
  const matches = compileGlob(pattern);
  return (subresource) => subresource !== '' && matches(subresource);
}

const builtIn: Record<string, string> = {
  deployments: 'apps',
  statefulsets: 'apps',
  daemonsets: 'apps',
  replicasets: 'apps',
  controllerrevisions: 'apps',
  jobs: 'batch',
  cronjobs: 'batch',
  horizontalpodautoscalers: 'autoscaling',
  poddisruptionbudgets: 'policy',
  ingresses: 'networking.k8s.io',
  ingressclasses: 'networking.k8s.io',
  networkpolicies: 'networking.k8s.io',
  roles: 'rbac.authorization.k8s.io',
  rolebindings: 'rbac.authorization.k8s.io',
  clusterroles: 'rbac.authorization.k8s.io',
  clusterrolebindings: 'rbac.authorization.k8s.io',
  storageclasses: 'storage.k8s.io',
  leases: 'coordination.k8s.io',
  customresourcedefinitions: 'apiextensions.k8s.io',
};

/**
 * Returns the group that a pattern lacks, if it names a well-known resource outside of the core group without a group.
 */
export function groupOfBuiltIn(pattern: string): string | undefined {
  const name = pattern.split('/')[0]!;
  return Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
}
