/** The verbs of requests for resources, as policies see them. */
export const resourceVerbs: readonly string[] = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
];

/** The verbs of requests for other paths: methods in lower case. `proxy` is a verb of the oldest paths. */
export const otherVerbs: readonly string[] = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'proxy'];

/** What to write instead of a word that is not a verb. `resource`: to be added as `k8s/resource`. */
type VerbAdvice = { readonly verb: string; readonly resource?: string; readonly why?: string };

const ofPods = (verb: string, subresource: string): VerbAdvice => ({ verb, resource: `pods/${subresource}` });
const rbac: VerbAdvice = {
  verb: '',
  why: 'is a verb of RBAC, which no request has: leave it to the roles of the cluster',
};

/** Commands of kubectl and other words that people write for verbs. */
export const verbAdvice: ReadonlyMap<string, VerbAdvice> = new Map<string, VerbAdvice>([
  ['exec', ofPods('create', 'exec')],
  ['cp', ofPods('create', 'exec')],
  ['attach', ofPods('create', 'attach')],
  ['port-forward', ofPods('create', 'portforward')],
  ['portforward', ofPods('create', 'portforward')],
  ['debug', ofPods('patch', 'ephemeralcontainers')],
  ['logs', ofPods('get', 'log')],
  ['log', ofPods('get', 'log')],
  ['evict', ofPods('create', 'eviction')],
  ['run', { verb: 'create', resource: 'pods' }],
  ['apply', { verb: 'patch', why: 'is create for a new object and patch for an existing one' }],
  ['edit', { verb: 'patch', why: 'is get, then patch' }],
  ['label', { verb: 'patch' }],
  ['annotate', { verb: 'patch' }],
  ['replace', { verb: 'update' }],
  ['describe', { verb: 'get', why: 'is get, and list of the events' }],
  ['scale', { verb: 'patch', resource: 'deployments.apps/scale' }],
  ['rollout', { verb: 'patch', resource: 'deployments.apps' }],
  ['restart', { verb: 'patch', resource: 'deployments.apps' }],
  ['cordon', { verb: 'patch', resource: 'nodes' }],
  ['drain', { verb: 'create', resource: 'pods/eviction', why: 'is patch of nodes and create of pods/eviction' }],
  ['read', { verb: 'get', why: 'is three verbs: get, list and watch' }],
  ['view', { verb: 'get', why: 'is three verbs: get, list and watch' }],
  ['write', { verb: 'update', why: 'is several verbs: create, update, patch, delete and deletecollection' }],
  ['remove', { verb: 'delete' }],
  ['use', rbac],
  ['bind', rbac],
  ['escalate', rbac],
  ['impersonate', rbac],
  ['approve', rbac],
  ['sign', rbac],
  ['attest', rbac],
]);
