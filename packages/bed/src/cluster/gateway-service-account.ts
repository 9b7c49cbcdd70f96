import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { impersonationExtras } from '@sallyport/contracts';
import type { Kubectl } from './kubectl.ts';

export type GatewayServiceAccountOptions = {
  /** The groups that it may impersonate, by exact name. `['*']` allows any group. */
  groups: readonly string[];
  /** The extra keys that it may send. By default all of the gateway's, because RBAC has no wildcard for them. */
  extraKeys?: readonly string[];
  /** It may also impersonate ServiceAccounts. By default it may not. */
  serviceAccounts?: boolean;
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
  await applyShared(admin, gatewayObjects({ ...options, name, namespace }));
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
  // A gateway that runs already may read the file at this moment.
  const written = `${tokenFile}.${process.pid}`;
  writeFileSync(written, `${token}\n`, { mode: 0o600 });
  renameSync(written, tokenFile);
  return { token, tokenFile, name, namespace, user: `system:serviceaccount:${namespace}:${name}` };
}

/** Applies objects that another process may be creating at the same moment, which then fails for one of the two. */
async function applyShared(admin: Kubectl, objects: readonly object[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.apply(...objects);
      return;
    } catch (error) {
      if (attempt === 5 || !/AlreadyExists|Conflict|object has been modified/.test(String(error))) throw error;
    }
  }
}

export function gatewayObjects(options: {
  name: string;
  namespace: string;
  groups: readonly string[];
  extraKeys?: readonly string[];
  serviceAccounts?: boolean;
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
function impersonationRules(
  options: Pick<GatewayServiceAccountOptions, 'groups' | 'extraKeys' | 'serviceAccounts'>,
): object[] {
  const verbs = ['impersonate'];
  const any = options.groups.includes('*');
  const groups = { apiGroups: [''], resources: ['groups'], verbs, ...(any ? {} : { resourceNames: options.groups }) };
  return [
    { apiGroups: [''], resources: ['users'], verbs },
    ...(options.groups.length > 0 ? [groups] : []),
    ...(options.serviceAccounts === true ? [{ apiGroups: [''], resources: ['serviceaccounts'], verbs }] : []),
    {
      apiGroups: ['authentication.k8s.io'],
      resources: ['uids', ...(options.extraKeys ?? impersonationExtras).map((key) => `userextras/${key}`)],
      verbs,
    },
  ];
}
