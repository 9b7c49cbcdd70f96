import { forTerminal } from '../../terminal/for-terminal.ts';
import { table } from '../../terminal/table.ts';
import type { Changes, Example, Inconclusive, ReplayResult, SkippedEvents } from '@sallyport/policy/replay';

const maxPeople = 5;
const maxRules = 50;

const number = (value: number) => value.toLocaleString('en-US');
const requests = (count: number) => `${number(count)} ${count === 1 ? 'request' : 'requests'}`;

function people(list: readonly { name: string; count: number }[], others: number): string {
  const more = list.length - maxPeople;
  const named = list.slice(0, maxPeople).map(({ name, count }) => `${name} (${number(count)})`);
  if (more > 0 || others > 0) named.push(`and ${others > 0 ? `more than ${number(more)}` : number(more)} more`);
  return named.join(', ');
}

function examples(list: readonly Example[]): string {
  const rows = list.map(({ user, verb, cluster, resource, namespace, name, time }) => [
    user,
    verb,
    cluster,
    resource,
    namespace,
    name,
    time,
  ]);
  return table(['USER', 'VERB', 'CLUSTER', 'RESOURCE', 'NAMESPACE', 'NAME', 'TIME'], rows).replace(/^(?=.)/gm, '    ');
}

function section(heading: string, changes: Changes): string {
  if (changes.requests === 0) return `${heading}: nobody\n`;
  const shown = changes.byRule.slice(0, maxRules);
  const blocks = shown.map(
    ({ rule, before, requests: count, people: who, otherPeople, examples: some }) =>
      `  ${forTerminal(rule)} (before: ${forTerminal(before)}): ${requests(count)}\n    ${forTerminal(people(who, otherPeople))}\n${examples(some)}`,
  );
  const hidden = changes.byRule.length - shown.length;
  const rest =
    hidden > 0 || changes.otherRules > 0
      ? `  and ${requests(changes.byRule.slice(maxRules).reduce((sum, one) => sum + one.requests, changes.otherRules))} by other rules (use -o json to see them)\n`
      : '';
  return `${heading}: ${requests(changes.requests)} of ${number(changes.people)} ${changes.people === 1 ? 'person' : 'people'}\n${blocks.join('\n')}${rest}`;
}

function inconclusive(total: number, list: readonly Inconclusive[]): string {
  if (total === 0) return '';
  const blocks = list
    .slice(0, maxRules)
    .map(
      ({ criterion, missing, requests: count, examples: some }) =>
        `  ${forTerminal(criterion)}: ${requests(count)}, because events do not record ${missing.join(', ')}\n${examples(some)}`,
    );
  return `\nINCONCLUSIVE: ${requests(total)}\n${blocks.join('\n')}`;
}

const skippedWords: Record<keyof SkippedEvents, string> = {
  'other-type': 'events of other types',
  'other-stage': 'earlier stages of a request',
  repeated: 'duplicates',
  'other-cluster': 'on other clusters',
  'other-time': 'outside the given time',
  'not-logged-in': 'of callers who were not logged in (no policy changes that)',
  'not-decided': 'without a decision',
  impersonation: "refused by the cluster's impersonate settings or its RBAC",
  unreadable: 'unreadable',
};

function skipped(counts: SkippedEvents): string {
  const some = (Object.keys(skippedWords) as (keyof SkippedEvents)[])
    .filter((name) => counts[name] > 0)
    .map((name) => `${number(counts[name])} ${skippedWords[name]}`);
  return some.length === 0 ? '' : `Skipped: ${some.join('; ')}.\n`;
}

export function describeReplay(result: ReplayResult): string {
  const { events, evaluated, unchanged, gained, lost, since, until } = result;
  const time = since === undefined ? '' : `, from ${forTerminal(since)} to ${forTerminal(until ?? '')}`;
  return [
    `${number(events)} events read; ${requests(evaluated + result.inconclusive.requests)} decided by policy${time}.\n${skipped(result.skipped)}`,
    section('WOULD LOSE ACCESS', lost),
    section('WOULD GAIN ACCESS', gained),
    `UNCHANGED: ${number(unchanged.allowed)} allowed, ${number(unchanged.refused)} refused\n${inconclusive(result.inconclusive.requests, result.inconclusive.byCriterion)}`,
    ...(result.repeatsMayBeMissed
      ? ['There were too many requests to detect every duplicate, so some may have been counted twice.\n']
      : []),
  ].join('\n');
}
