import { impersonatedAuthentication, readAllowSystem, serviceAccountOf } from '@sallyport/contracts/kubernetes';
import { stringify } from 'yaml';

/** The settings of a cluster from which its role is made. */
export type ImpersonateSettings = {
  name: string;
  impersonate: { groups: readonly string[]; allowSystem: readonly string[] };
};

/** A rule of RBAC about resources. */
export type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };

type ClusterRole = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  rules: Rule[];
};

const impersonate = (apiGroup: string, resources: string[], resourceNames?: string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs: ['impersonate'],
  ...(resourceNames === undefined ? {} : { resourceNames }),
});

/**
 * Returns the ClusterRole of one cluster: what the gateway's ServiceAccount needs there, and nothing else. See "User
 * impersonation" in the Kubernetes documentation.
 */
export function clusterRole(cluster: ImpersonateSettings): { role: ClusterRole; warning?: string } {
  const { groups, allowSystem } = cluster.impersonate;
  // RBAC has no patterns. With a single pattern, the role cannot list the group names.
  const pattern = groups.find((group) => group.includes('*'));
  const { names: system, accountsOf } = readAllowSystem(allowSystem);
  const accounts = [...system].flatMap((name) => serviceAccountOf(name)?.name ?? []);
  const names = pattern === undefined ? [...new Set([...groups, ...system])] : undefined;
  const groupRules = names === undefined || names.length > 0 ? [impersonate('', ['groups'], names)] : [];
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'sallyport-gateway', labels: { 'app.kubernetes.io/part-of': 'sallyport' } },
    rules: [
      impersonate('', ['users']),
      ...groupRules,
      // For those who act as a ServiceAccount. A ClusterRole cannot name the namespaces.
      ...(accountsOf.size > 0 ? [impersonate('', ['serviceaccounts'])] : []),
      ...(accountsOf.size === 0 && accounts.length > 0 ? [impersonate('', ['serviceaccounts'], accounts)] : []),
      // RBAC has no wildcard for extras: each key is its own resource.
      impersonate('authentication.k8s.io', [...impersonatedAuthentication]),
    ],
  };
  if (pattern === undefined) return { role };
  return {
    role,
    warning: `cluster ${cluster.name}: impersonate.groups has the pattern "${pattern}", which RBAC cannot express. The role therefore allows every group. To narrow it, list the groups by name`,
  };
}

/** Renders the roles as YAML, one document per cluster. */
export function clusterRoleText(clusters: readonly ImpersonateSettings[]): { text: string; warnings: string[] } {
  const made = clusters.map((cluster) => ({ cluster, ...clusterRole(cluster) }));
  const text = made
    .map(
      ({ cluster, role, warning }) =>
        `# For the cluster ${cluster.name}.${warning === undefined ? '' : '\n# Warning: every group may be impersonated; see impersonate.groups.'}\n${stringify(role, { lineWidth: 0 })}`,
    )
    .join('---\n');
  return { text, warnings: made.flatMap(({ warning }) => warning ?? []) };
}
