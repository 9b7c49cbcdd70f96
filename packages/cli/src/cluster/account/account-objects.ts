import { requireName } from '../../input/names.ts';
import { fieldOf } from '../../input/untrusted.ts';
import { clusterRole, type ImpersonateSettings } from './cluster-role.ts';

type Labels = Record<string, string>;

export type KubeObject = {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Labels;
    annotations?: Labels;
    deletionTimestamp?: string;
  };
  [field: string]: unknown;
};

/** Where the gateway's account is in a cluster, and for which entry of `clusters` it was made. */
export type AccountPlace = { cluster: string; namespace: string; account: string };

/** The options that name the gateway's account. */
export type AccountOptions = { namespace: string; account: string };

/** The options that say which user of which cluster a command acts as. */
export type AdminOptions = { kubeconfig?: string; context?: string };

/** Reads where the account is to be in a cluster. */
export function readPlace(cluster: string, { namespace, account }: AccountOptions, hint: string): AccountPlace {
  requireName(cluster, 'a cluster', hint);
  requireName(namespace, 'a namespace', 'Write it like --namespace sallyport.');
  requireName(account, 'a ServiceAccount', 'Write it like --account sallyport-gateway.');
  return { cluster, namespace, account };
}

/** The Secret with a token that does not expire. */
export const tokenSecretName = (account: string): string => `${account}-token`;

const managedBy = ['app.kubernetes.io/managed-by', 'sallyport-cluster-add'] as const;
const madeFor = 'sallyport.dev/cluster';

export const labelsOf = ({ cluster }: AccountPlace): Labels => ({
  'app.kubernetes.io/part-of': 'sallyport',
  [managedBy[0]]: managedBy[1],
  [madeFor]: cluster,
});

/** Reports whether an object was made by `cluster add`, and for which cluster. Returns undefined if it was not. */
export function madeForCluster({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[managedBy[0]] === managedBy[1] ? metadata.labels[madeFor] : undefined;
}

/** Where the ClusterRole has the settings from which its rules are made, for later runs. */
const settingsAnnotation = 'sallyport.dev/impersonate';

/** Returns the settings of an earlier run. Returns undefined if a ClusterRole does not have them. */
export function rememberedSettings({ metadata }: KubeObject): ImpersonateSettings['impersonate'] | undefined {
  const isList = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
  try {
    const settings: unknown = JSON.parse(metadata.annotations?.[settingsAnnotation] ?? '');
    const [groups, allowSystem] = [fieldOf(settings, 'groups'), fieldOf(settings, 'allowSystem')];
    return isList(groups) && groups.length > 0 && isList(allowSystem) ? { groups, allowSystem } : undefined;
  } catch {
    return undefined;
  }
}

export const rbacVersion = 'rbac.authorization.k8s.io/v1';

/** Returns references to everything that `cluster add` may make, in the order in which it is made. */
export function accountReferences({ namespace, account }: AccountPlace): KubeObject[] {
  return [
    { apiVersion: rbacVersion, kind: 'ClusterRole', metadata: { name: account } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
    { apiVersion: rbacVersion, kind: 'ClusterRoleBinding', metadata: { name: account } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: tokenSecretName(account), namespace } },
  ];
}

/**
 * Returns the objects of the gateway's account: it may impersonate what the settings say, and nothing else. The role
 * comes first, so that a user who may not grant it has changed nothing.
 */
export function accountObjects(
  place: AccountPlace,
  impersonate: ImpersonateSettings['impersonate'],
  token: 'bound' | 'secret',
): KubeObject[] {
  const { cluster, namespace, account } = place;
  const labels = labelsOf(place);
  const annotations: Record<string, Labels> = {
    ClusterRole: { [settingsAnnotation]: JSON.stringify(impersonate) },
    Secret: { 'kubernetes.io/service-account.name': account },
  };
  const fields: Record<string, Record<string, unknown>> = {
    ClusterRole: { rules: clusterRole({ name: cluster, impersonate }).role.rules },
    ServiceAccount: { automountServiceAccountToken: false },
    ClusterRoleBinding: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
    Secret: { type: 'kubernetes.io/service-account-token' },
  };
  return accountReferences(place)
    .filter(({ kind }) => kind !== 'Secret' || token === 'secret')
    .map(({ apiVersion, kind, metadata }) => ({
      apiVersion,
      kind,
      metadata: {
        ...metadata,
        labels,
        ...(annotations[kind] === undefined ? {} : { annotations: annotations[kind] }),
      },
      ...fields[kind],
    }));
}
