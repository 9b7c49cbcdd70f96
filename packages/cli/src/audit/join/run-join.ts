import path from 'node:path';
import {
  createJoiner,
  readAuditPolicy,
  type AuditPolicy,
  type Joiner,
  type JoinerOptions,
} from '@sallyport/audit-join';
import { readMoment } from '../trail/trail-filters.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';
import type { Environment } from '../../environment/environment.ts';
import { fieldOf } from '../../input/untrusted.ts';
import { readNamedFile } from '../../files/read-file.ts';
import { CliError, NegativeAnswer, usageError } from '../../terminal/cli-error.ts';
import { writeResult } from '../../terminal/output.ts';
import { createProgress } from '../../terminal/progress.ts';
import { readEventFiles, readStoredEvents } from './cluster-log.ts';
import { describeJoin } from './describe-join.ts';

export type JoinOptions = GatewayOptions & {
  clusterLog: string[];
  cluster: string;
  events?: string[];
  ignore?: string[];
  gatewayUser?: string[];
  policy?: string;
  aggregated?: boolean;
  margin: string;
  since?: string;
  until?: string;
  examples: string;
};

function readMargin(text: string): number {
  const [, amount, unit] = /^(\d{1,5})(s|m)$/.exec(text) ?? [];
  if (amount === undefined) throw usageError(`"${text}" is not a margin`, 'Write --margin 30s or --margin 5m.');
  return Number(amount) * (unit === 's' ? 1000 : 60_000);
}

async function readPolicy(
  environment: Environment,
  { policy, gatewayUser }: JoinOptions,
): Promise<AuditPolicy | undefined> {
  if (policy === undefined) return undefined;
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(readNamedFile(path.resolve(environment.workingDirectory, policy)), { maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  const read = readAuditPolicy(document);
  if (!read)
    throw new CliError('local-file', `${policy} is not an audit policy`, "Give the API server's --audit-policy-file.");
  if (read.namesUsers && gatewayUser === undefined)
    throw usageError(
      `${policy} has rules for users, so it depends on the gateway's account what the cluster records`,
      'Write --gateway-user system:serviceaccount:sallyport:gateway.',
    );
  return read;
}

type Span = { from: number; to: number };

/** Returns a filter for events by when their requests were received, and whether there is one at all. */
function createFilter(environment: Environment, { since, until }: JoinOptions): (event: unknown) => boolean {
  const from = since === undefined ? -Infinity : Date.parse(readMoment(since, environment));
  const to = until === undefined ? Infinity : Date.parse(readMoment(until, environment));
  if (from === -Infinity && to === Infinity) return () => true;
  return (event) => {
    const at = Date.parse(String(fieldOf(event, 'requestReceivedTimestamp')));
    return !(at < from || at > to);
  };
}

/** Returns the time that the cluster's log covers. */
async function spanOf(environment: Environment, options: JoinOptions, isWanted: (event: unknown) => boolean) {
  const span: Span = { from: Infinity, to: -Infinity };
  await readEventFiles(
    environment,
    { files: options.clusterLog, expected: 'cluster' },
    {
      event(event) {
        const at = Date.parse(String(fieldOf(event, 'stageTimestamp')));
        if (Number.isNaN(at) || !isWanted(event)) return;
        span.from = Math.min(span.from, at);
        span.to = Math.max(span.to, at);
      },
      unreadable: () => {},
      read: () => {},
    },
  );
  if (span.from > span.to)
    throw new CliError('failed', "there are no events in the cluster's log", 'Check the file and --since.');
  return span;
}

/** Reads the gateway's events, from files or from its store, and returns the joiner that has them. */
async function takeGateway(
  environment: Environment,
  options: JoinOptions,
  settings: JoinerOptions,
  isWanted: (event: unknown) => boolean,
): Promise<Joiner> {
  if (options.events) {
    const joiner = createJoiner(settings);
    const reader = { event: joiner.takeGateway, unreadable: () => joiner.takeGateway(undefined), read: () => {} };
    await readEventFiles(environment, { files: options.events, expected: 'gateway' }, reader);
    return joiner;
  }
  if (options.clusterLog.includes('-'))
    throw usageError('standard input cannot be read twice', 'Save the log to a file, or give --events FILE.');
  const margin = settings.marginMs ?? 0;
  const span = await spanOf(environment, options, isWanted);
  const window = { from: span.from - 2 * margin, to: Math.min(span.to + 2 * margin, environment.now()) };
  const joiner = createJoiner({ ...settings, window });
  await readStoredEvents(environment, { ...options, ...window }, joiner.takeGateway);
  return joiner;
}

/** `sallyport audit join`. Ends with a negative answer if a request bypassed the gateway, or was not as it was sent. */
export async function auditJoin(environment: Environment, options: JoinOptions): Promise<void> {
  if (!/^\d{1,3}$/.test(options.examples))
    throw usageError(`"${options.examples}" is not a number of examples from 0 to 999`, 'Write --examples 5.');
  const policy = await readPolicy(environment, options);
  const settings: JoinerOptions = {
    cluster: options.cluster,
    marginMs: readMargin(options.margin),
    ...(options.ignore ? { ignore: options.ignore } : {}),
    ...(options.gatewayUser ? { gatewayUsers: options.gatewayUser } : {}),
    ...(options.aggregated === true ? { aggregated: true } : {}),
    ...(policy ? { policy } : {}),
  };
  const isWanted = createFilter(environment, options);
  const progress = createProgress(environment);
  let bytes = 0;
  let joiner: Joiner;
  try {
    progress.tell(() => "reading the gateway's events ...");
    joiner = await takeGateway(environment, options, settings, isWanted);
    await readEventFiles(
      environment,
      { files: options.clusterLog, expected: 'cluster' },
      {
        event: (event) => isWanted(event) && joiner.takeCluster(event),
        unreadable: () => joiner.takeCluster(undefined),
        read(count) {
          bytes += count;
          progress.tell(() => `${(bytes / 1e6).toFixed(0)} MB of the cluster's log read ...`);
        },
      },
    );
  } finally {
    progress.end();
  }
  const result = joiner.result();
  if (result.clusterLog.events === 0)
    throw new CliError('failed', "there are no events in the cluster's log", 'Check the file and --since.');
  await writeResult(environment, options.output, result, () => describeJoin(result, Number(options.examples)));
  if (result.matched === 0)
    throw new CliError(
      'failed',
      `none of the gateway's ${result.sent} requests to ${options.cluster} is in this log`,
      "Check that it is this cluster's log, and of the same time.",
    );
  if (result.counts['bypassed-gateway'] + result.counts.mismatched > 0) throw new NegativeAnswer();
}
