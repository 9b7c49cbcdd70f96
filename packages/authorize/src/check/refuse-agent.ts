import type { Check, KubernetesAttributes, Session } from '@sallyport/contracts';
import { agentScopeSchema, isAuthorizedAsCreate, isShellEquivalent, type AgentScope } from '@sallyport/contracts';
import { callsOf, type ApiRequest } from '@sallyport/contracts/api';
import { namespaceOf } from '@sallyport/policy';
import type { Refused } from './answer.ts';

/** A part of a scope that a request is outside of, and what to tell the caller. */
type Outside = { part: string; detail: string };

const list = (names: readonly string[]) => names.join(', ');
const reads: readonly string[] = ['get', 'list', 'watch'];
/** What clients read before they make a request. It says which kinds there are, and nothing about objects. */
const discovery = /^\/(?:api|apis|openapi|version|healthz|livez|readyz)(?:\/|$)/;

/** An agent may learn who it is and where it may go. Everything else there belongs to its person. */
const ownCalls: readonly ApiRequest[] = [
  { method: 'GET', path: /^\/\.sallyport\/me$/ },
  ...callsOf(({ agents }) => agents === true),
];
const isOwnCall = (method: string, path: string) =>
  ownCalls.some((call) => call.method === method && call.path.test(path));

function outsideVerbs({ verbs }: AgentScope, kubernetes: KubernetesAttributes): Outside | undefined {
  const { verb, resource, apiGroup } = kubernetes;
  const outside = (missing: string): Outside => ({
    part: 'verbs',
    detail: `the verb "${missing.slice(0, 32)}" is not among its verbs (${list(verbs)})`,
  });
  if (!verbs.includes(verb)) return outside(verb);
  // An upgraded connection carries data both ways, whatever its verb.
  const creates = isAuthorizedAsCreate(kubernetes) || kubernetes.upgrade === true;
  if (creates && !verbs.includes('create')) return outside('create');
  // The response to every request for a Secret contains the Secret.
  if (resource === 'secrets' && apiGroup === '' && !verbs.some((one) => reads.includes(one))) return outside('get');
  return undefined;
}

function outsideResource(scope: AgentScope, kubernetes: KubernetesAttributes): Outside | undefined {
  const { resource, apiGroup, subresource, namespace } = kubernetes;
  if (!scope.shell && (subresource === 'proxy' || isShellEquivalent(kubernetes)))
    return { part: 'shell', detail: 'it may do nothing that is equivalent to a shell (--shell)' };
  if (!scope.secrets && resource === 'secrets' && apiGroup === '')
    return { part: 'secrets', detail: 'it has no access to Secrets (--secrets)' };
  const outside = outsideVerbs(scope, kubernetes);
  if (outside || !scope.namespaces) return outside;
  const where = namespaceOf(kubernetes);
  // As in an allow rule: only what surely stays in the namespace.
  if (where !== undefined && where !== '' && where === namespace && scope.namespaces.includes(where)) return undefined;
  const hint = where === undefined ? '; this reaches all namespaces: ask for one with -n NAMESPACE' : '';
  return { part: 'namespaces', detail: `its namespaces are ${list(scope.namespaces)}${hint}` };
}

function outsideCluster(scope: AgentScope, { target, kubernetes }: Check): Outside | undefined {
  if (target.kind !== 'cluster' || !scope.clusters.includes(target.name))
    return { part: 'clusters', detail: `its clusters are ${list(scope.clusters)}` };
  if (!kubernetes) return { part: 'verbs', detail: 'the request is not one of Kubernetes' };
  if (kubernetes.impersonate !== undefined)
    return { part: 'impersonate', detail: 'it cannot act as another user or group (--as)' };
  if (kubernetes.isResourceRequest) return outsideResource(scope, kubernetes);
  if (kubernetes.verb === 'get' && discovery.test(kubernetes.path)) return undefined;
  return { part: 'paths', detail: 'outside of resources it can only read what clients need to find them' };
}

function outsideOf(agent: NonNullable<Session['agent']>, check: Check): Outside | undefined {
  const { target, request } = check;
  if (target.kind === 'self' && isOwnCall(request.method, request.path)) return undefined;
  if (target.kind !== 'cluster')
    return {
      part: 'api',
      detail: 'here it can only read who it is and which clusters it has. Log in yourself for this',
    };
  // What the store returns is not checked against the schema. What cannot be read allows nothing.
  const scope = agentScopeSchema.safeParse(agent.scope);
  if (!scope.success) return { part: 'scope', detail: 'its scope cannot be read' };
  return outsideCluster(scope.data, check);
}

/**
 * Returns the refusal of a request that is outside of the scope of an agent; undefined if it is inside, or if the session
 * is not of an agent. The policies then decide about the person, so an agent never has more than they have.
 */
export function refuseAgent({ kind, agent }: Session, check: Check, policyVersion: string): Refused | undefined {
  if (kind !== 'agent') return undefined;
  const named = agent ?? { name: '', scope: undefined as never };
  const outside = outsideOf(named, check);
  if (!outside) return undefined;
  const rule = `agent/${named.name}.${outside.part}`;
  return {
    decision: { effect: 'deny', rule, reasons: [], policyVersion },
    problem: {
      code: 'forbidden',
      detail: `agent "${named.name}" may not do this: ${outside.detail} (rule "${rule}")`,
    },
  };
}
