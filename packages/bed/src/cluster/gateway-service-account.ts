import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { impersonationExtras } from '@sallyport/contracts';
import type { Kubectl } from './kubectl.ts';

export type GatewayServiceAccountOptions = {
  /** The groups that it may impersonate, by exact name. `['*']` allows any group. */
  groups: readonly string[];
  /** The extra keys that it may send. By default all of the gateway's, because RBAC has no wildcard for them. */
  extraKeys?: readonly string[];
  name?: string;
  namespace?: string;
  validFor?: string;
};

export type GatewayServiceAccount = { token: string; tokenFile: string; name: string; namespace: string; user: string };

/** Creates the gateway's ServiceAccount, which may only impersonate, and writes a token for it to a file. */
export async function createGatewayServiceAccount(
  admin: Kubectl,
  directory: string,
  options: GatewayServiceAccountOptions,
): Promise<GatewayServiceAccount> {
  const name = options.name ?? 'sallyport-gateway';
  const namespace = options.namespace ?? 'sallyport';
  await admin.apply(...gatewayObjects({ ...options, name, namespace }));
  const created = await admin.kubectl([
    'create',
    'token',
    name,
    '-n',
    namespace,
    `--duration=${options.validFor ?? '720h'}`,
  ]);
  const token = created.trim();
  const tokenFile = path.join(directory, `${namespace}.${name}.token`);
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  return { token, tokenFile, name, namespace, user: `system:serviceaccount:${namespace}:${name}` };
}

export function gatewayObjects(options: {
  name: string;
  namespace: string;
  groups: readonly string[];
  extraKeys?: readonly string[];
}): object[] {
  const { name, namespace } = options;
  const labels = { 'app.kubernetes.io/name': 'sallyport' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: impersonationRules(options),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}

// A rule with an empty list of names would allow every name, so no groups means no rule for groups.
function impersonationRules(options: { groups: readonly string[]; extraKeys?: readonly string[] }): object[] {
  const verbs = ['impersonate'];
  const any = options.groups.includes('*');
  const groups = { apiGroups: [''], resources: ['groups'], verbs, ...(any ? {} : { resourceNames: options.groups }) };
  return [
    { apiGroups: [''], resources: ['users'], verbs },
    ...(options.groups.length > 0 ? [groups] : []),
    {
      apiGroups: ['authentication.k8s.io'],
      resources: ['uids', ...(options.extraKeys ?? impersonationExtras).map((key) => `userextras/${key}`)],
      verbs,
    },
  ];
}
