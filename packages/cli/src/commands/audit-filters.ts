import { Option, type Command } from 'commander';
import { CliError } from '../terminal/cli-error.ts';

/** Filters as options. They have the names of the gateway's audit query. */
export type AuditFilters = {
  user?: string;
  cluster?: string;
  namespace?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  verb?: string;
  type?: string;
  stage?: string;
  effect?: string;
  code?: string;
  session?: string;
  auditId?: string;
  issuer?: string;
  subject?: string;
  since?: string;
  until?: string;
};

/** Adds the filters that search and tail have in common. An event must match all given filters. */
export function withFilters(command: Command): Command {
  return command
    .option('--user <name>', 'user')
    .option('--cluster <name>', 'cluster')
    .option('--namespace <name>', 'namespace')
    .option('--resource <name>', 'resource, such as pods')
    .option('--subresource <name>', 'subresource, such as exec')
    .option('--name <name>', 'name of the object')
    .option('--verb <verb>', 'verb, such as get or create')
    .option('--type <type>', 'type of event, such as k8s.request or session.login')
    .addOption(
      new Option('--stage <stage>', 'stage of the request').choices([
        'RequestReceived',
        'ResponseStarted',
        'ResponseComplete',
        'Panic',
      ]),
    )
    .addOption(new Option('--effect <effect>', 'decision').choices(['allow', 'deny', 'authenticate']))
    .option('--code <status>', 'HTTP status of the response')
    .option('--session <id>', 'session')
    .option('--audit-id <id>', 'Audit-ID of one request')
    .option('--issuer <url>', 'identity provider of the user')
    .option('--subject <sub>', 'subject of the user at that provider');
}

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

/** Returns the filters as a query for the gateway. */
export function auditQuery(filters: AuditFilters, now: number): URLSearchParams {
  const { auditId, since, until, code, ...plain } = filters;
  if (code !== undefined && !/^\d{3}$/.test(code))
    throw new CliError('usage', `"${code}" is not an HTTP status`, 'Write --code 403.');
  const all: Record<string, string | undefined> = {
    ...plain,
    auditID: auditId,
    code,
    since: since === undefined ? undefined : readMoment(since, now),
    until: until === undefined ? undefined : readMoment(until, now),
  };
  const given = Object.entries(all).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && filterNames.has(pair[0]),
  );
  return new URLSearchParams(given);
}

const filterNames = new Set([
  'user',
  'cluster',
  'namespace',
  'resource',
  'subresource',
  'name',
  'verb',
  'type',
  'stage',
  'effect',
  'code',
  'session',
  'auditID',
  'issuer',
  'subject',
  'since',
  'until',
]);
