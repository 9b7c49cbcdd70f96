/**
 * One way to do something: a resource as policies write it, and the verb, or whatever verb. `only`: it does more than
 * this, so that a rule about it alone says nothing of the others.
 */
export type Way = {
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  readonly verb?: string;
  readonly only?: true;
};
/** Something that the Kubernetes API does under several names. */
export type SameThing = { readonly what: string; readonly ways: readonly Way[] };

function way(written: string, verb?: string, only?: true): Way {
  const [subject, subresource = ''] = written.split('/') as [string, string?];
  const dot = subject.indexOf('.');
  return {
    apiGroup: dot < 0 ? '' : subject.slice(dot + 1),
    resource: dot < 0 ? subject : subject.slice(0, dot),
    subresource,
    ...(verb === undefined ? {} : { verb }),
    ...(only === undefined ? {} : { only }),
  };
}

const csr = 'certificatesigningrequests.certificates.k8s.io';
const scaled = (resource: string): SameThing[] =>
  ['update', 'patch'].map((verb) => ({
    what: `changes how many pods ${resource.split('.')[0]} have`,
    ways: [way(resource, verb), way(`${resource}/scale`, verb, true)],
  }));
const changed = (resource: string, ...subresources: string[]): SameThing[] =>
  ['update', 'patch'].map((verb) => ({
    what: `changes the labels and annotations of ${resource}`,
    ways: [way(resource, verb), ...subresources.map((one) => way(`${resource}/${one}`, verb, true))],
  }));

/** What has more than one name. A rule that denies one of them and not the others is probably not meant. */
export const sameThings: readonly SameThing[] = [
  { what: 'events', ways: [way('events'), way('events.events.k8s.io')] },
  { what: 'where the traffic of a Service goes', ways: [way('endpoints'), way('endpointslices.discovery.k8s.io')] },
  { what: 'puts a pod on a node', ways: [way('bindings', 'create'), way('pods/binding', 'create')] },
  { what: 'deletes a pod', ways: [way('pods', 'delete'), way('pods/eviction', 'create', true)] },
  {
    what: 'runs commands in a pod',
    ways: [
      way('pods/exec', 'create'),
      way('pods/attach', 'create'),
      way('pods/ephemeralcontainers', 'patch'),
      way('nodes/proxy', 'create', true),
    ],
  },
  { what: 'reads the logs of a pod', ways: [way('pods/log', 'get'), way('nodes/proxy', 'get', true)] },
  {
    what: 'gives out credentials of a ServiceAccount',
    ways: [way('serviceaccounts/token', 'create'), way('secrets', 'create', true)],
  },
  { what: 'gives out credentials', ways: [way('serviceaccounts/token', 'create'), way(csr, 'create')] },
  {
    what: 'gives out certificates',
    ways: [way(csr, 'create'), way(`${csr}/approval`, 'update'), way(`${csr}/approval`, 'patch')],
  },
  ...changed('namespaces', 'status'),
  { what: 'changes a namespace', ways: [way('namespaces', 'update'), way('namespaces/finalize', 'update', true)] },
  ...changed('nodes', 'status'),
  ...changed('pods', 'status'),
  ...scaled('deployments.apps'),
  ...scaled('statefulsets.apps'),
  ...scaled('replicasets.apps'),
  ...scaled('replicationcontrollers'),
];

/** A way as policies write it in k8s/resource, behind its verb. */
export function wayWords({ verb, resource, apiGroup, subresource }: Way): string {
  return `${verb === undefined ? '' : `${verb} `}${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`;
}
