import { columns } from './columns.ts';
import type { Kind, Subresource } from './kind.ts';
import { prepareDeployment } from './prepare-deployment.ts';
import { prepareBinding, prepareRole } from './prepare-rbac.ts';
import { prepareNamespace, prepareNode, prepareSecret, prepareService } from './prepare-core.ts';
import { preparePod } from './prepare-pod.ts';

const everyVerb = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readAndChange = ['get', 'patch', 'update'];

type Given = Pick<Kind, 'kind' | 'resource' | 'columns'> & Partial<Kind>;

function core(given: Given): Kind {
  return {
    group: '',
    version: 'v1',
    singular: given.kind.toLowerCase(),
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: everyVerb,
    subresources: [],
    ...given,
  };
}

function rbac(given: Given): Kind {
  return core({ group: 'rbac.authorization.k8s.io', freeName: true, ...given });
}

function status(kind: string): Subresource {
  return { name: 'status', verbs: readAndChange, kind };
}

const podStreams = ['attach', 'exec', 'portforward'].map((name): Subresource => ({
  name,
  verbs: ['create', 'get'],
  kind: `Pod${name === 'portforward' ? 'PortForward' : name === 'exec' ? 'Exec' : 'Attach'}Options`,
}));

export const namespaces = core({
  kind: 'Namespace',
  resource: 'namespaces',
  namespaced: false,
  shortNames: ['ns'],
  columns: columns.namespaces,
  hasStatus: true,
  prepare: prepareNamespace,
  subresources: [status('Namespace')],
  verbs: everyVerb.filter((verb) => verb !== 'deletecollection'),
});
const nodes = core({
  kind: 'Node',
  resource: 'nodes',
  namespaced: false,
  shortNames: ['no'],
  columns: columns.nodes,
  hasStatus: true,
  prepare: prepareNode,
});
export const pods = core({
  kind: 'Pod',
  resource: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  columns: columns.pods,
  hasStatus: true,
  prepare: preparePod,
  subresources: [status('Pod'), { name: 'log', verbs: ['get'], kind: 'Pod' }, ...podStreams],
});
export const configMaps = core({
  kind: 'ConfigMap',
  resource: 'configmaps',
  shortNames: ['cm'],
  columns: columns.configmaps,
});
const secrets = core({ kind: 'Secret', resource: 'secrets', columns: columns.secrets, prepare: prepareSecret });
const serviceAccounts = core({
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  shortNames: ['sa'],
  columns: columns.serviceaccounts,
});
const services = core({
  kind: 'Service',
  resource: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  columns: columns.services,
  hasStatus: true,
  prepare: prepareService,
});
const events = core({ kind: 'Event', resource: 'events', shortNames: ['ev'], columns: columns.events });
export const deployments = core({
  group: 'apps',
  kind: 'Deployment',
  resource: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  columns: columns.deployments,
  hasStatus: true,
  hasGeneration: true,
  prepare: prepareDeployment,
  subresources: [
    status('Deployment'),
    { name: 'scale', verbs: readAndChange, kind: 'Scale', group: 'autoscaling', version: 'v1' },
  ],
});
export const roles = rbac({ kind: 'Role', resource: 'roles', columns: columns.roles, prepare: prepareRole });
export const roleBindings = rbac({
  kind: 'RoleBinding',
  resource: 'rolebindings',
  columns: columns.rolebindings,
  prepare: prepareBinding,
});
export const clusterRoles = rbac({
  kind: 'ClusterRole',
  resource: 'clusterroles',
  namespaced: false,
  columns: columns.clusterroles,
  prepare: prepareRole,
});
export const clusterRoleBindings = rbac({
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  namespaced: false,
  columns: columns.clusterrolebindings,
  prepare: prepareBinding,
});

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
