import type { RequestInfo } from '@sallyport/kubernetes';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../kinds/kinds.ts';
import { arrayAt, textAt, type KubeObject } from '../objects/kube-object.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { serviceAccountOf, type User } from './user.ts';

/** What a request accesses: a resource, or a path if `path` is set. */
export type Attributes = {
  verb: string;
  apiGroup: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path?: string;
};

/** What the attributes of a path have, because they are about no resource. */
export const noResource = { apiGroup: '', resource: '', subresource: '', namespace: '', name: '' };

/** The reason that reviews and the audit log give for an access that is allowed. */
export const allowedReason = 'RBAC: allowed by a binding of the practice cluster';

/** Reports whether a rule that is bound to the user allows the access. */
export type Access = (user: User, attributes: Attributes) => boolean;

/** A PolicyRule of RBAC. */
export type Rule = {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
};

/** Creates a check against the current roles and bindings. Members of system:masters may do everything. */
export function createAccess(store: ObjectStore): Access {
  return (user, attributes) =>
    user.groups.includes('system:masters') ||
    rulesFor(store, user, attributes.namespace).some((rule) => allows(rule, attributes));
}

/** Returns the rules that apply to a user in a namespace, or only those of the whole cluster if it is empty. */
export function rulesFor(store: ObjectStore, user: User, namespace: string): Rule[] {
  const bindings = [
    ...store.list(clusterRoleBindings),
    ...(namespace === '' ? [] : store.list(roleBindings, namespace)),
  ];
  return bindings
    .filter((binding) => arrayAt(binding, 'subjects').some((subject) => isSubject(subject, user, binding)))
    .flatMap((binding) => rulesOf(store, binding));
}

function rulesOf(store: ObjectStore, binding: KubeObject): Rule[] {
  const name = textAt(binding, 'roleRef.name');
  const namespace = binding.metadata.namespace ?? '';
  const role =
    textAt(binding, 'roleRef.kind') === 'Role' ? store.get(roles, namespace, name) : store.get(clusterRoles, '', name);
  return arrayAt(role, 'rules') as Rule[];
}

function isSubject(subject: Record<string, unknown>, user: User, binding: KubeObject): boolean {
  if (subject.kind === 'User') return subject.name === user.username;
  if (subject.kind === 'Group') return user.groups.includes(String(subject.name));
  const account = serviceAccountOf(user.username);
  return (
    account !== undefined &&
    subject.name === account.name &&
    (subject.namespace ?? binding.metadata.namespace) === account.namespace
  );
}

function allows(rule: Rule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined)
    return (rule.nonResourceURLs ?? []).some((url) => matchesPath(url, attributes.path!));
  return (
    has(rule.apiGroups, attributes.apiGroup) &&
    matchesResource(rule.resources ?? [], attributes) &&
    ((rule.resourceNames ?? []).length === 0 || rule.resourceNames!.includes(attributes.name))
  );
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function matchesResource(list: readonly string[], { resource, subresource }: Attributes): boolean {
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`;
  return list.includes('*') || list.includes(wanted) || (subresource !== '' && list.includes(`*/${subresource}`));
}

function matchesPath(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}

/** Returns what a request must be allowed to do. A stream into a pod needs more than `get` since Kubernetes 1.35. */
export function attributesOf(info: RequestInfo): Attributes[] {
  const { requestVerb: verb, apiGroup, resource, subresource, namespace, name } = info;
  if (!info.isResourceRequest) return [{ ...noResource, verb, path: info.path }];
  const asked = { verb, apiGroup, resource, subresource, namespace, name };
  return info.verb === verb ? [asked] : [asked, { ...asked, verb: info.verb }];
}
