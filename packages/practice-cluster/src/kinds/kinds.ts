import { columns } from './columns.ts';
import type { Kind, Subresource } from './kind.ts';
import { prepareDeployment } from './prepare-deployment.ts';
import { prepareBinding, prepareRole } from './prepare-rbac.ts';
import { prepareNamespace, prepareNode, prepareSecret, prepareService } from './prepare-core.ts';
import { preparePod } from './prepare-pod.ts';

const everyVerb = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readAndChange = ['get', 'patch', 'update'];

function core(kind: string, more: Partial<Kind> = {}): Kind {
  const singular = kind.toLowerCase();
  const resource = `${singular}s`;
  return {
    group: '',
    version: 'v1',
    kind,
    resource,
    singular,
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: everyVerb,
    subresources: [],
    columns: columns[resource] ?? [],
    ...more,
  };
}

function rbac(kind: string, more: Partial<Kind>): Kind {
  return core(kind, { group: 'rbac.authorization.k8s.io', freeName: true, ...more });
}

function status(kind: string): Subresource {
  return { name: 'status', verbs: readAndChange, kind };
}

const podStreams = ['attach', 'exec', 'portforward'].map((name): Subresource => ({
  name,
  verbs: ['create', 'get'],
  kind: `Pod${name === 'portforward' ? 'PortForward' : name === 'exec' ? 'Exec' : 'Attach'}Options`,
}));

export const namespaces = core('Namespace', {
  namespaced: false,
  shortNames: ['ns'],
  hasStatus: true,
  prepare: prepareNamespace,
  subresources: [status('Namespace')],
  verbs: everyVerb.filter((verb) => verb !== 'deletecollection'),
});
const nodes = core('Node', { namespaced: false, shortNames: ['no'], hasStatus: true, prepare: prepareNode });
export const pods = core('Pod', {
  shortNames: ['po'],
  categories: ['all'],
  hasStatus: true,
  prepare: preparePod,
  subresources: [status('Pod'), { name: 'log', verbs: ['get'], kind: 'Pod' }, ...podStreams],
});
export const configMaps = core('ConfigMap', { shortNames: ['cm'] });
export const secrets = core('Secret', { prepare: prepareSecret });
export const serviceAccounts = core('ServiceAccount', {
  shortNames: ['sa'],
  subresources: [
    { name: 'token', verbs: ['create'], kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' },
  ],
});
const services = core('Service', {
  shortNames: ['svc'],
  categories: ['all'],
  hasStatus: true,
  prepare: prepareService,
});
const events = core('Event', { shortNames: ['ev'] });
export const deployments = core('Deployment', {
  group: 'apps',
  shortNames: ['deploy'],
  categories: ['all'],
  hasStatus: true,
  hasGeneration: true,
  prepare: prepareDeployment,
  subresources: [
    status('Deployment'),
    { name: 'scale', verbs: readAndChange, kind: 'Scale', group: 'autoscaling', version: 'v1' },
  ],
});
export const roles = rbac('Role', { prepare: prepareRole });
export const roleBindings = rbac('RoleBinding', { prepare: prepareBinding });
export const clusterRoles = rbac('ClusterRole', { namespaced: false, prepare: prepareRole });
export const clusterRoleBindings = rbac('ClusterRoleBinding', { namespaced: false, prepare: prepareBinding });

/** The resources that are only created, and not kept. */
const review = (group: string, kind: string) => core(kind, { group, namespaced: false, verbs: ['create'] });
export const reviews: readonly Kind[] = [
  review('authentication.k8s.io', 'SelfSubjectReview'),
  review('authorization.k8s.io', 'SelfSubjectAccessReview'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview'),
  review('authorization.k8s.io', 'SubjectAccessReview'),
];

/** All kinds that are stored. */
export const kinds: readonly Kind[] = [
  namespaces,
  nodes,
  pods,
  configMaps,
  secrets,
  serviceAccounts,
  services,
  events,
  deployments,
  roles,
  roleBindings,
  clusterRoles,
  clusterRoleBindings,
];

/** Returns the kind that a path names. */
export function findKind(group: string, version: string, resource: string): Kind | undefined {
  return kinds.find((kind) => kind.resource === resource && kind.group === group && kind.version === version);
}
