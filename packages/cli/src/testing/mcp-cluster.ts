import type { Answer, Call } from './fake-gateway-types.ts';

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const resource = (name: string, kind: string, more: object = {}) => ({
  resource: name,
  responseKind: { kind },
  scope: 'Namespaced',
  singularResource: kind.toLowerCase(),
  verbs,
  ...more,
});

const core = [
  resource('pods', 'Pod', { shortNames: ['po'], subresources: [{ subresource: 'exec', verbs: ['create', 'get'] }] }),
  resource('secrets', 'Secret'),
  resource('nodes', 'Node', { scope: 'Cluster' }),
  resource('bindings', 'Binding', { verbs: ['create'] }),
  // Names that no cluster should have. They must not become parts of a path.
  resource('pods/../secrets', 'Trap'),
  resource('..', 'Dots'),
];
const apps = [resource('deployments', 'Deployment', { shortNames: ['deploy'] })];

const discovery = (name: string, resources: object[]) => ({
  kind: 'APIGroupDiscoveryList',
  items: [{ metadata: name === '' ? {} : { name }, versions: [{ version: 'v1', resources }] }],
});

/** What the cluster "dev" has, by path. A test replaces and adds answers. */
export type McpCluster = Map<string, Answer | ((call: Call) => Answer)>;

/** Returns a cluster with discovery, two pods, a Secret, a log, events and an OpenAPI document. */
export function createMcpCluster(): McpCluster {
  const ok = (body: unknown): Answer => ({ status: 200, body });
  return new Map<string, Answer | ((call: Call) => Answer)>([
    ['/api', ok(discovery('', core))],
    ['/apis', ok(discovery('apps', apps))],
    ['/api/v1/namespaces/dev/pods', ok(table(['web-1', 'web-2']))],
    ['/api/v1/namespaces/dev/pods/web-1', ok(pod)],
    ['/api/v1/namespaces/dev/secrets/shop', ok(secret)],
    ['/api/v1/namespaces/dev/pods/web-1/log', ok('one\ntwo\nthree\n')],
    ['/api/v1/namespaces/dev/events', ok({ kind: 'EventList', items: [event('2026-01-01T10:00:00Z', 'old')] })],
    ['/openapi/v3/apis/apps/v1', ok(openApi)],
  ]);
}

/** Returns a Table as the API server does. */
export function table(names: readonly string[], metadata: object = {}): object {
  return {
    kind: 'Table',
    metadata,
    columnDefinitions: [
      { name: 'Name', priority: 0 },
      { name: 'Status', priority: 0 },
      { name: 'Node', priority: 1 },
    ],
    rows: names.map((name) => ({
      cells: [name, 'Running', 'node-1'],
      object: { metadata: { name, namespace: 'dev', managedFields: [{ manager: 'planted' }] } },
    })),
  };
}

/** Returns an event of a pod. */
export function event(lastTimestamp: string, message: string): object {
  return {
    metadata: { namespace: 'dev' },
    involvedObject: { kind: 'Pod', name: 'web-1' },
    type: 'Warning',
    reason: 'BackOff',
    message,
    count: 3,
    lastTimestamp,
  };
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    managedFields: [{ manager: 'planted-manager' }],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"planted":"copy"}', team: 'shop' },
  },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'web:1',
        env: [
          { name: 'PASSWORD', value: 'planted-password' },
          { name: 'REF', valueFrom: { secretKeyRef: { name: 'x' } } },
        ],
      },
    ],
  },
  status: { phase: 'Running' },
};

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'shop' },
  data: { password: Buffer.from('planted-secret').toString('base64') },
};

const openApi = {
  components: {
    schemas: {
      'io.k8s.api.apps.v1.Deployment': {
        description: 'Deployment enables declarative updates.',
        type: 'object',
        'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
        properties: {
          spec: { description: 'What is wanted.', allOf: [{ $ref: '#/components/schemas/spec.DeploymentSpec' }] },
        },
      },
      'spec.DeploymentSpec': {
        type: 'object',
        required: ['selector'],
        properties: {
          replicas: { type: 'integer', description: 'Number of desired pods.' },
          selector: { type: 'object', additionalProperties: { type: 'string' } },
          strategy: { type: 'string', enum: ['Recreate', 'RollingUpdate'] },
        },
      },
    },
  },
};
