import type { GatewayEvent } from '../read/read-gateway-event.ts';
import { fieldsOf, type Fields } from '../read/fields.ts';

/** What a cluster's audit policy says about the gateway's requests. */
export type AuditPolicy = {
  /** Reports whether the policy records a request that one of these accounts sent. */
  records(event: GatewayEvent, accounts: readonly string[]): boolean;
  /** Some rule names users or groups: the account of the gateway must be known. */
  namesUsers: boolean;
};

const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

/** Groups that the API server gives an account, as far as its name tells them. */
function groupsOf(account: string): string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(account) ?? [];
  const own = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return ['system:authenticated', ...own];
}

function matchesResource(rule: Fields, { ref }: GatewayEvent): boolean {
  const name = ref.subresource === '' ? ref.resource : `${ref.resource}/${ref.subresource}`;
  const { resources, resourceNames, group } = rule as { resources: unknown; resourceNames: unknown; group: unknown };
  if ((group ?? '') !== ref.apiGroup) return false;
  const names = list(resourceNames);
  if (names.length > 0 && !names.includes(ref.name)) return false;
  const given = list(resources);
  return (
    given.length === 0 ||
    given.some(
      (each) =>
        each === name ||
        each === '*' ||
        (each === `*/${ref.subresource}` && ref.subresource !== '') ||
        each === `${ref.resource}/*`,
    )
  );
}

/** Follows `ruleMatches` of k8s.io/apiserver's audit policy checker. */
function matchesRule(rule: Fields, event: GatewayEvent, account: string): boolean {
  const [users, groups, verbs] = [list(rule.users), list(rule.userGroups), list(rule.verbs)];
  if (users.length > 0 && !users.includes(account)) return false;
  if (groups.length > 0 && !groupsOf(account).some((group) => groups.includes(group))) return false;
  if (verbs.length > 0 && !verbs.includes(event.verb)) return false;
  const [resources, namespaces, paths] = [rule.resources, list(rule.namespaces), list(rule.nonResourceURLs)];
  const ofResources = Array.isArray(resources) && resources.length > 0;
  if (event.ref.resource === '') {
    if (ofResources || namespaces.length > 0) return false;
    const path = event.requestURI.split('?', 1)[0]!;
    return (
      paths.length === 0 ||
      paths.some((each) => each === '*' || each === path || (each.endsWith('*') && path.startsWith(each.slice(0, -1))))
    );
  }
  if (paths.length > 0) return false;
  if (namespaces.length > 0 && !namespaces.includes(event.ref.namespace)) return false;
  return !ofResources || resources.some((each) => matchesResource(fieldsOf(each) ?? {}, event));
}

/** Reports whether a rule leaves any event of a request that has ended. */
function keepsEvents(rule: Fields, omitted: readonly string[]): boolean {
  const omit = new Set([...omitted, ...list(rule.omitStages)]);
  return rule.level !== 'None' && !(omit.has('RequestReceived') && omit.has('ResponseComplete'));
}

/** Reads a Policy of audit.k8s.io/v1. Returns undefined if the document is none. */
export function readAuditPolicy(document: unknown): AuditPolicy | undefined {
  const policy = fieldsOf(document);
  if (policy?.kind !== 'Policy' || !String(policy.apiVersion).startsWith('audit.k8s.io/')) return undefined;
  if (!Array.isArray(policy.rules)) return undefined;
  const rules = policy.rules.map((rule) => fieldsOf(rule) ?? {});
  return {
    records: (event, accounts) =>
      (accounts.length === 0 ? [''] : accounts).every((account) => {
        const rule = rules.find((each) => matchesRule(each, event, account));
        return rule !== undefined && keepsEvents(rule, list(policy.omitStages));
      }),
    namesUsers: rules.some((rule) => list(rule.users).length + list(rule.userGroups).length > 0),
  };
}
