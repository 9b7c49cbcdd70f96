/** One way to act as something else, or to get its credential. Without `verbs` every verb counts. */
export type ShellEquivalent = { apiGroup: string; resource: string; subresource: string; verbs?: readonly string[] };

const core = (resource: string, ...subresources: readonly string[]): ShellEquivalent[] =>
  subresources.map((subresource) => ({ apiGroup: '', resource, subresource }));
/** What opens a session in a pod, through a Service or on a node. */
const sessions: readonly ShellEquivalent[] = [
  ...core('pods', 'exec', 'attach', 'ephemeralcontainers', 'portforward', 'proxy'),
  ...core('services', 'proxy'),
  ...core('nodes', 'proxy'),
];

const certificates = 'certificates.k8s.io';

/**
 * Everything in the Kubernetes API that is equivalent to a shell: it acts inside a pod, through a Service or on a node,
 * or issues a credential of a ServiceAccount, a user or a pod. A Secret of the type service-account-token does so too,
 * but its type is in the body.
 */
export const shellEquivalents: readonly ShellEquivalent[] = [
  ...sessions,
  ...core('serviceaccounts', 'token'),
  { apiGroup: certificates, resource: 'certificatesigningrequests', subresource: '', verbs: ['create'] },
  { apiGroup: certificates, resource: 'certificatesigningrequests', subresource: 'approval' },
  { apiGroup: certificates, resource: 'podcertificaterequests', subresource: '', verbs: ['create'] },
];

// By resource, so that a look-up allocates nothing: policies do one for every rule.
const byResource = new Map<string, readonly ShellEquivalent[]>();
for (const one of shellEquivalents) byResource.set(one.resource, [...(byResource.get(one.resource) ?? []), one]);

function find(apiGroup: string, resource: string, subresource: string): ShellEquivalent | undefined {
  const candidates = byResource.get(resource);
  if (candidates === undefined) return undefined;
  for (let index = 0; index < candidates.length; index += 1) {
    const one = candidates[index]!;
    if (one.apiGroup === apiGroup && one.subresource === subresource) return one;
  }
  return undefined;
}

/** The relevant attributes of a request. An absent group is the core group. */
type ShellAttributes = {
  apiGroup?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  verb?: string | undefined;
  requestVerb?: string | undefined;
  upsert?: boolean | undefined;
};

/** Reports whether the request is equivalent to a shell. An upsert counts as a create. */
export function isShellEquivalent({
  apiGroup = '',
  resource = '',
  subresource = '',
  verb = '',
  requestVerb = '',
  upsert = false,
}: ShellAttributes): boolean {
  // The API server's old API for proxying has it in the verb, without a subresource.
  if (verb === 'proxy' || requestVerb === 'proxy') return true;
  const found = find(apiGroup, resource, subresource);
  if (found === undefined) return false;
  return found.verbs === undefined || found.verbs.includes(verb) || (upsert && found.verbs.includes('create'));
}

/** Reports whether the request opens a session in a pod, through a Service or on a node, which may have to be recorded. */
export function opensSession({
  apiGroup = '',
  resource = '',
  subresource = '',
  verb,
  requestVerb,
}: ShellAttributes = {}): boolean {
  if (verb === 'proxy' || requestVerb === 'proxy') return true;
  const found = find(apiGroup, resource, subresource);
  return found !== undefined && sessions.includes(found);
}
