import { splitResource } from '@sallyport/contracts';

/**
 * One way to do something: a resource as in policies, with a verb, or without one for every verb. `only`: this way does
 * other things too, so a deny of it alone does not imply the other ways.
 */
export type Way = {
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  readonly verb?: string;
  readonly only?: true;
};
/** An effect that the Kubernetes API offers under several names. */
type SameThing = { readonly what: string; readonly ways: readonly Way[] };

function way(written: string, verb?: string, only?: true): Way {
  const { name, group = '', subresource = '' } = splitResource(written);
  return {
    apiGroup: group,
    resource: name,
    subresource,
    ...(verb === undefined ? {} : { verb }),
    ...(only === undefined ? {} : { only }),
  };
}

const csr = 'certificatesigningrequests.certificates.k8s.io';
const scaled = (resource: string): SameThing[] =>
  ['update', 'patch'].map((verb) => ({
    what: `changes the number of pods of ${resource.split('.')[0]}`,
    ways: [way(resource, verb), way(`${resource}/scale`, verb, true)],
  }));
const changed = (resource: string, ...subresources: string[]): SameThing[] =>
  ['update', 'patch'].map((verb) => ({
    what: `changes the labels and annotations of ${resource}`,
    ways: [way(resource, verb), ...subresources.map((one) => way(`${resource}/${one}`, verb, true))],
  }));

/** Effects with more than one name. A rule that denies one name but not the others is probably a mistake. */
export const sameThings: readonly SameThing[] = [
  { what: 'events', ways: [way('events'), way('events.events.k8s.io')] },
  {
    what: 'changes where the traffic of a Service goes',
    ways: [way('endpoints'), way('endpointslices.discovery.k8s.io')],
  },
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
    what: 'issues credentials of a ServiceAccount',
    ways: [way('serviceaccounts/token', 'create'), way('secrets', 'create', true)],
  },
  // A certificate can name anyone, so its deny alone means more than that of a token.
  { what: 'issues credentials', ways: [way('serviceaccounts/token', 'create'), way(csr, 'create', true)] },
  {
    what: 'issues certificates',
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

/** Returns a way as it is written in k8s/resource, after its verb. */
export function formatWay({ verb, resource, apiGroup, subresource }: Way): string {
  return `${verb === undefined ? '' : `${verb} `}${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`;
}
