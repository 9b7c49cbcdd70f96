import { Option, type Command } from 'commander';
import { auditEventTypes, auditResults } from '@sallyport/contracts/answers';
import { CliError } from '../../terminal/cli-error.ts';

/** Filters as options. They have the names of the gateway's audit query. */
export type AuditFilters = {
  user?: string;
  group?: string;
  cluster?: string;
  namespace?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  verb?: string;
  type?: string;
  stage?: string;
  effect?: string;
  result?: string;
  rule?: string;
  reason?: string;
  elevation?: string;
  agent?: string;
  workload?: string;
  address?: string;
  command?: string;
  code?: string;
  session?: string;
  auditId?: string;
  issuer?: string;
  subject?: string;
  since?: string;
  until?: string;
};

const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

/** Adds the filters that search, tail and export have in common. An event must match all given filters. */
export function withFilters(command: Command): Command {
  return command
    .option('--user <name>', 'user')
    .option('--group <name>', 'group of the user')
    .option('--cluster <name>', 'cluster')
    .option('--namespace <name>', 'namespace')
    .option('--resource <name>', 'resource, such as pods')
    .option('--subresource <name>', 'subresource, such as exec')
    .option('--name <name>', 'name of the object')
    .option('--verb <verb>', 'verb, such as get or create')
    .addOption(
      new Option('--type <type>', 'type of event, such as k8s.request or session.login').choices(auditEventTypes),
    )
    .addOption(new Option('--stage <stage>', 'stage of the request').choices(stages))
    .addOption(new Option('--effect <effect>', 'decision').choices(['allow', 'deny', 'authenticate']))
    .addOption(new Option('--result <result>', 'how the request ended').choices(auditResults))
    .option('--rule <rule>', 'rule that decided, such as default-deny')
    .option('--reason <reason>', 'a reason for the decision, or why a stream, a session or a login ended')
    .option('--elevation <id>', 'elevation that the request used, by its ID or name')
    .option('--agent <name>', 'agent that sent the request, by its name or ID')
    .option('--workload <name>', 'workload that sent the request, by its name in the configuration')
    .option('--code <status>', 'HTTP status of the response')
    .option('--address <ip>', 'IP address of the client')
    .option('--command <text>', 'text in the command that an exec ran, such as "rm -rf"')
    .option('--session <id>', 'session, or the first characters of its id')
    .option('--audit-id <id>', 'Audit-ID of one request, or its first characters')
    .option('--issuer <url>', 'identity provider of the user')
    .option('--subject <sub>', 'subject of the user at that provider');
}

/** Adds the option that shows every event, not one line for each request. */
export const withStages = (command: Command): Command =>
  command.option('--stages', 'show every event, not one line for each request');

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a time: RFC 3339, or how long ago (`90s`, `15m`, `2h`, `7d`). Throws a CliError. */
export function readMoment(text: string, now: number): string {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) {
    const ms = now - Number(amount) * units[unit!]!;
    if (ms > 0) return new Date(ms).toISOString();
  } else if (
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  ) {
    return new Date(text).toISOString();
  }
  throw new CliError(
    'usage',
    `"${text}" is not a time`,
    'Write how long ago (15m, 2h, 7d) or a time such as 2026-11-24T08:00:00Z.',
  );
}

/** Returns the query for an id: the whole of it, or its first characters. */
function idQuery(name: string, id: string | undefined): Record<string, string> {
  if (id === undefined) return {};
  const beginning = id.replace(/…$/, '').toLowerCase();
  return /^[0-9a-f-]{4,35}$/.test(beginning) ? { [`${name}Prefix`]: beginning } : { [name]: id };
}

/** Returns the filters as a query for the gateway. */
export function auditQuery(filters: AuditFilters, now: number): URLSearchParams {
  const { auditId, session, since, until, code } = filters;
  if (code !== undefined && !/^\d{3}$/.test(code))
    throw new CliError('usage', `"${code}" is not an HTTP status`, 'Write --code 403.');
  const plain = plainFilters
    .map((name) => [name, filters[name]] as const)
    .filter((pair): pair is [(typeof plainFilters)[number], string] => pair[1] !== undefined);
  return new URLSearchParams({
    ...Object.fromEntries(plain),
    ...idQuery('auditID', auditId),
    ...idQuery('session', session),
    ...(code === undefined ? {} : { code }),
    ...(since === undefined ? {} : { since: readMoment(since, now) }),
    ...(until === undefined ? {} : { until: readMoment(until, now) }),
  });
}

/** Reports whether the user asked for events of which a request may have several, or none. */
export const asksForStages = ({ stages: all, stage, type }: AuditFilters & { stages?: boolean }): boolean =>
  all === true || stage !== undefined || type?.startsWith('stream.') === true;

const plainFilters = [
  'user',
  'group',
  'cluster',
  'namespace',
  'resource',
  'subresource',
  'name',
  'verb',
  'type',
  'stage',
  'effect',
  'result',
  'rule',
  'reason',
  'elevation',
  'agent',
  'workload',
  'address',
  'command',
  'issuer',
  'subject',
] as const;
