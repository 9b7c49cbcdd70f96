import type { Finding, FindingKind, JoinResult } from '@sallyport/audit-join';
import { forTerminal } from '../../terminal/for-terminal.ts';

const headings: Record<FindingKind, string> = {
  'bypassed-gateway': 'BYPASSED THE GATEWAY: the cluster has it, and the gateway never sent it',
  mismatched: 'MISMATCHED: the cluster has something else under an ID of the gateway',
  unfinished: 'UNFINISHED: the gateway sent it, and was killed before it recorded it',
  'denied-by-cluster': 'DENIED BY THE CLUSTER: the gateway allowed it',
  'missing-in-cluster-log': 'MISSING IN THE CLUSTER LOG: the cluster responded to it',
};

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** Findings that differ in their time, id and object only. `resources` has several if they are paths of the discovery. */
type Group = { first: Finding; count: number; examples: Finding[]; names: Set<string>; resources: Set<string> };

const discovery: ReadonlySet<string> = new Set(['/api', '/apis', '/version', '/openapi']);
/** Reports whether a request asks what the API server is and serves, as clients do before each of their own. */
const isDiscovery = ({ verb, resource = '' }: Finding): boolean => verb === 'get' && discovery.has(resource);

/** Returns the findings in groups, the most frequent first, and what clients only discover at the end. */
function groupsOf(findings: readonly Finding[], examples: number): Group[] {
  const groups = new Map<string, Group>();
  for (const finding of findings) {
    const { user, account, verb, resource = '', name = '', code, differs } = finding;
    const what = isDiscovery(finding) ? 'discovery' : resource;
    const key = JSON.stringify([user, account, verb, what, code, differs]);
    const group = groups.get(key) ?? { first: finding, count: 0, examples: [], names: new Set(), resources: new Set() };
    groups.set(key, group);
    group.count += 1;
    group.names.add(name);
    group.resources.add(resource);
    if (group.examples.length < examples) group.examples.push(finding);
  }
  const rank = ({ first }: Group) => Number(isDiscovery(first));
  return [...groups.values()].toSorted((a, b) => rank(a) - rank(b) || b.count - a.count);
}

/** Returns a resource with the name of its object, such as `prod/pods/web:exec`. */
function objectOf(resource: string, name: string): string {
  if (name === '') return resource;
  const at = resource.indexOf(':');
  return at < 0 ? `${resource}/${name}` : `${resource.slice(0, at)}/${name}${resource.slice(at)}`;
}

/** Returns what the requests of a group were about. Objects of different names are named by the examples. */
function whatOf({ names, resources }: Group): string {
  const [resource = ''] = resources;
  if (resources.size > 1) return `${[...resources].toSorted().join(', ')} (discovery)`;
  return objectOf(resource, names.size === 1 ? [...names].join('') : '');
}

function describeGroup(group: Group): string[] {
  const { first, count, examples, names } = group;
  const { user, account, verb, code, differs, reason, time, sourceIPs } = first;
  const by = account === undefined || account === user ? '' : ` (as ${account})`;
  const end = code === undefined ? '' : ` -> ${code}`;
  const times = count === 1 ? '' : `  ${counted(count, 'time')}`;
  const nameOf = ({ name = '' }: Finding) => (names.size === 1 || name === '' ? '' : `  ${name}`);
  return [
    `  ${user || 'nobody'}${by} ${verb} ${whatOf(group)}${end}${times}`,
    ...(differs ? [`    differs in: ${differs.join(', ')}`] : []),
    ...(reason === undefined ? [] : [`    ${reason}`]),
    `    ${count === 1 ? 'at' : 'first at'} ${time}${sourceIPs ? ` from ${sourceIPs.join(', ')}` : ''}`,
    ...examples.map((one) => `    ${one.auditID}${nameOf(one)}`),
  ];
}

const rangeOf = (name: string, { events, unreadable, from, to }: JoinResult['clusterLog']) =>
  `${name}: ${counted(events, 'event')}${from === undefined ? '' : `, ${from} to ${to}`}${
    unreadable === 0 ? '' : `; ${counted(unreadable, 'line is', 'lines are')} not an event`
  }`;

function summarize(result: JoinResult): string[] {
  const { counts, ignored, undecided, unverifiable, gatewayUsers } = result;
  const others = ignored.reduce((sum, { requests }) => sum + requests, 0);
  const shown = ignored.slice(0, 5).map(({ user, requests }) => `${user} ${requests.toLocaleString('en-US')}`);
  return [
    rangeOf("the gateway's events", result.gatewayLog),
    rangeOf("the cluster's log", result.clusterLog),
    `${counted(result.sent, 'request')} of the gateway, ${result.matched.toLocaleString('en-US')} of them in the cluster's log`,
    gatewayUsers.length === 0
      ? "the gateway's account: not known from these logs, so what it did itself may be ignored; name it with --gateway-user"
      : `the gateway's account: ${gatewayUsers.join(', ')}`,
    ...Object.entries(counts).map(([kind, count]) => `${kind}: ${count.toLocaleString('en-US')}`),
    ...(undecided === 0 ? [] : [`undecided, near the end of a log: ${undecided.toLocaleString('en-US')}`]),
    ...(unverifiable === 0
      ? []
      : [`not verifiable, because the cluster may not record such requests: ${unverifiable.toLocaleString('en-US')}`]),
    ...(others === 0
      ? []
      : [
          `ignored: ${counted(others, 'request')} of ${counted(ignored.length, 'user')} (${shown.join(', ')}${ignored.length > 5 ? ', ...' : ''})`,
        ]),
  ];
}

/** Describes the result for a person: the findings in groups, then the counts. */
export function describeJoin(result: JoinResult, examples: number): string {
  const sections = Object.entries(headings).flatMap(([kind, heading]) => {
    const findings = result.findings.filter((finding) => finding.kind === kind);
    if (findings.length === 0) return [];
    return [heading, ...groupsOf(findings, examples).flatMap(describeGroup), ''];
  });
  return [...sections, ...summarize(result)].map((line) => `${forTerminal(line)}\n`).join('');
}
