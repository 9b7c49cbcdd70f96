import { callApi } from '../gateway/call-api.ts';
import { type ReplicaRow } from '@sallyport/contracts/answers';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import type { Tone } from '../terminal/paint.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import { renderTable, type Column, type ListOptions } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

type OnCallList = NonNullable<ReplicaRow['onCall']>[number];
type Rejected = NonNullable<ReplicaRow['rejected']>;

function fileState({ rejected, waiting, restartNeeded }: ReplicaRow): string {
  if (rejected !== undefined) return 'REJECTED';
  if (waiting !== undefined) return 'WAITING';
  return restartNeeded.length > 0 ? 'needs a restart' : 'in use';
}

function fileTone({ rejected, waiting, restartNeeded }: ReplicaRow): Tone {
  if (rejected !== undefined || waiting !== undefined) return 'bad';
  return restartNeeded.length > 0 ? 'warning' : 'good';
}

function faultLine({ file, line, column, path, message, hint, code }: Rejected['faults'][number]): string {
  const place = line === undefined ? (file ?? '') : `${file ?? ''}:${line}:${column ?? 1}`;
  return forTerminal(
    `${place === '' ? '' : `${place}: `}${path === '' ? '' : `${path}: `}${message}${hint === undefined ? '' : ` (${hint})`}${code === undefined ? '' : ` [${code}]`}`,
  );
}

/** Says what a replica knows of an on-call list. */
function onCallLine({ name, known, users, at, failing }: OnCallList): string {
  const read =
    at === undefined ? 'never read' : `${users === 1 ? '1 user' : `${users} users`}, read at ${readableTime(at)}`;
  const fault = failing && `; cannot be read since ${readableTime(failing.at)}: ${failing.reason}`;
  const so = known ? '' : ' (UNKNOWN: no one counts as on call)';
  return forTerminal(`  ${name}: ${read}${so}${fault ?? ''}`);
}

function remarks(replica: ReplicaRow): string[] {
  const { id, rejected, waiting, warnings, onCall = [], restartNeeded } = replica;
  const lines: string[] = [];
  if (rejected !== undefined)
    lines.push(
      `${forTerminal(id)} has rejected its file since ${readableTime(rejected.at)} and still uses the previous one:`,
      ...rejected.faults.map((fault) => `  ${faultLine(fault)}`),
    );
  if (waiting !== undefined)
    lines.push(
      `${forTerminal(id)} has been waiting since ${readableTime(waiting.at)} to use policy ${forTerminal(waiting.version)}: ${forTerminal(waiting.reason)}`,
    );
  if (warnings.length > 0)
    lines.push(
      `${forTerminal(id)} has warnings about its policy:`,
      ...warnings.map((warning) => `  warning: ${faultLine(warning)}`),
    );
  if (onCall.length > 0) lines.push(`${forTerminal(id)} follows on-call lists:`, ...onCall.map(onCallLine));
  if (restartNeeded.length > 0)
    lines.push(
      `${forTerminal(id)} must be restarted to apply changes to: ${restartNeeded.map(forTerminal).join(', ')}`,
    );
  return lines;
}

/** Groups the replicas by version, the most common version first. */
function byVersion(replicas: readonly ReplicaRow[]): [string, string[]][] {
  const ids = new Map<string, string[]>();
  for (const { version, id } of replicas) ids.set(version, [...(ids.get(version) ?? []), id]);
  return [...ids].toSorted(([, a], [, b]) => b.length - a.length);
}

function summary(replicas: readonly ReplicaRow[]): string {
  const versions = byVersion(replicas);
  if (versions.length === 0) return 'No replica has reported.';
  if (versions.length === 1) return `Every replica runs policy ${forTerminal(versions[0]![0])}.`;
  return [
    'THE REPLICAS DIFFER:',
    ...versions.map(([version, ids]) => `  policy ${forTerminal(version)}: ${ids.map(forTerminal).join(', ')}`),
  ].join('\n');
}

const columns: Column<ReplicaRow>[] = [
  { name: 'SERVICE', cell: ({ service }) => service },
  { name: 'REPLICA', cell: ({ id }) => id },
  { name: 'HOST', cell: ({ host }) => host, shrinks: true },
  { name: 'POLICY', cell: ({ version }) => version },
  { name: 'SINCE', cell: ({ since }) => readableTime(since) },
  { name: 'STARTED', cell: ({ startedAt }) => readableTime(startedAt), wide: true },
  { name: 'FILE', cell: fileState, tone: fileTone },
];

function text(environment: Environment, replicas: readonly ReplicaRow[], options: ListOptions): string {
  const lines = replicas.flatMap(remarks);
  return `${renderTable(environment, { rows: replicas, columns }, options)}\n${lines.length === 0 ? '' : `${lines.join('\n')}\n\n`}${summary(replicas)}\n`;
}

export async function showReplicas(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const { replicas } = await callApi(gateway, 'GET /policy/status', 'the policy status', {});
  const versions = new Set(replicas.map(({ version }) => version)).size;
  const rejecting = replicas.filter(({ rejected }) => rejected !== undefined).length;
  const waiting = replicas.filter((one) => one.waiting !== undefined).length;
  const inStep = versions === 1 && rejecting === 0 && waiting === 0;
  const data = replicas.map(({ rejected, waiting: waits, ...one }) => ({
    ...withTimes(one, ['since', 'startedAt']),
    rejected: rejected && withTimes(rejected, ['at']),
    waiting: waits && withTimes(waits, ['at']),
    onCall: one.onCall?.map((list) => ({
      ...withTimes(list, ['at']),
      failing: list.failing && withTimes(list.failing, ['at']),
    })),
  }));
  await writeResult(environment, options.output, { inStep, replicas: data }, () =>
    text(environment, replicas, options),
  );
  if (inStep) return;
  const what = [
    ...(versions === 1
      ? []
      : versions === 0
        ? ['no replica has reported']
        : [`the replicas run ${versions} different policies`]),
    ...(waiting === 0 ? [] : [`${waiting} of ${replicas.length} replicas wait to use their file`]),
    ...(rejecting === 0 ? [] : [`${rejecting} of ${replicas.length} replicas rejected their file`]),
  ];
  throw new CliError(
    'out-of-step',
    what.join(', and '),
    rejecting === 0
      ? 'A replica checks its file every second.'
      : 'Mend the faults above. To check a file before the gateway reads it, run: sallyport policy lint FILE',
  );
}

/** Makes every replica reload its own configuration file. */
export async function reloadPolicy(environment: Environment, options: GatewayOptions): Promise<void> {
  await callAsUser(await openGateway(environment, options), {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/reload',
  });
  await writeResult(
    environment,
    options.output,
    { requested: true },
    () => 'Asked every replica to reload its configuration. To see the result, run: sallyport policy status\n',
  );
}
