import type { Finding, FindingKind, JoinResult } from '@sallyport/audit-join';
import { forTerminal } from '../../terminal/for-terminal.ts';

const headings: Record<FindingKind, string> = {
  'bypassed-gateway': 'BYPASSED THE GATEWAY: the cluster has it, and the gateway never sent it',
  mismatched: 'MISMATCHED: the cluster has something else under an ID of the gateway',
  'denied-by-cluster': 'DENIED BY THE CLUSTER: the gateway allowed it',
  'missing-in-cluster-log': 'MISSING IN THE CLUSTER LOG: the cluster responded to it',
};

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** Findings that differ in their time and id only. */
type Group = { first: Finding; count: number; examples: string[] };

function groupsOf(findings: readonly Finding[], examples: number): Group[] {
  const groups = new Map<string, Group>();
  for (const finding of findings) {
    const { user, account, verb, resource, code, differs } = finding;
    const key = JSON.stringify([user, account, verb, resource, code, differs]);
    const group = groups.get(key);
    if (!group) groups.set(key, { first: finding, count: 1, examples: [finding.auditID].slice(0, examples) });
    else {
      group.count += 1;
      if (group.examples.length < examples) group.examples.push(finding.auditID);
    }
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count);
}

function describeGroup({ first, count, examples }: Group): string[] {
  const { user, account, verb, resource = '', code, differs, reason, time, sourceIPs } = first;
  const by = account === undefined || account === user ? '' : ` (as ${account})`;
  const end = code === undefined ? '' : ` -> ${code}`;
  const times = count === 1 ? '' : `  ${counted(count, 'time')}`;
  return [
    `  ${user || 'nobody'}${by} ${verb} ${resource}${end}${times}`,
    ...(differs ? [`    differs in: ${differs.join(', ')}`] : []),
    ...(reason === undefined ? [] : [`    ${reason}`]),
    `    ${count === 1 ? 'at' : 'first at'} ${time}${sourceIPs ? ` from ${sourceIPs.join(', ')}` : ''}`,
    ...examples.map((id) => `    ${id}`),
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
