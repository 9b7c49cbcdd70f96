import type { ElevationView } from '@sallyport/contracts/answers';
import { warnOfBreakGlass } from './break-glass.ts';
import { listOptions, previewElevation, readElevation, requestElevation } from './call-elevations.ts';
import { describeState } from './describe-elevation.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { writeOptions } from './write-options.ts';
import { writePreview } from './write-preview.ts';
import { openGateway, type OpenGateway, openPlace } from '../gateway/open-gateway.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { canAsk, openQuestions } from '../terminal/questions.ts';
import { readableSpan } from '../terminal/times.ts';
import type { ListOptions } from '../terminal/table.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

const everyMs = 2000;
/** How long the gateway may be away before the wait is given up, in milliseconds. */
const patienceMs = 120_000;

const waits = ({ state }: ElevationView) => state === 'pending' || state === 'approved';

/**
 * Waits until an elevation is decided and has begun, and says on standard error what happens. Ctrl-C ends only the wait:
 * the request stays open, and `again` is the command that follows it again.
 */
async function waitForElevation(gateway: OpenGateway, first: ElevationView, again: string): Promise<ElevationView> {
  const { environment } = gateway;
  const say = (text: string) => environment.stderr.write(`${forTerminal(text)}\n`);
  const stop = environment.onInterrupt(() =>
    say(
      `\nYour request ${first.id} stays open. To wait for it again, run: ${again}\nTo withdraw it, run: sallyport elevations withdraw ${shellWord(first.id)}`,
    ),
  );
  let current = first;
  let said = '';
  let awaySince: number | undefined;
  try {
    while (waits(current)) {
      const state = describeState(current);
      if (state !== said) say(`${current.name} on ${current.cluster} ${state} (${current.id}).`);
      said = state;
      await environment.sleep(everyMs);
      try {
        current = await readElevation(gateway, current.id);
        awaySince = undefined;
      } catch (error) {
        if (!(error instanceof CliError) || error.exit !== 'unreachable') throw error;
        awaySince ??= environment.now();
        if (environment.now() - awaySince > patienceMs) throw error;
      }
    }
  } finally {
    stop();
  }
  return current;
}

export type ElevateOptions = GatewayOptions &
  ListOptions & {
    cluster?: string;
    namespace?: string;
    for?: string;
    reason?: string;
    ticket?: string;
    at?: string;
    wait: boolean;
    dryRun?: boolean;
  };

function readStart(text: string): number {
  const at = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(at))
    throw usageError(`--at: "${text}" is not a time`, 'Write it like --at 2026-11-01T08:00:00Z.');
  return at;
}

/** Returns the command that asks for the same again, which attaches to the request that is open. */
function commandOf(name: string, cluster: string, options: ElevateOptions): string {
  const given = [
    ['--cluster', cluster],
    ['--namespace', options.namespace],
    ['--for', options.for],
    ['--reason', options.reason],
    ['--ticket', options.ticket],
    ['--at', options.at],
  ].flatMap(([option, value]) => (value === undefined ? [] : [`${option} ${shellWord(value)}`]));
  return ['sallyport elevate', shellWord(name), ...given].join(' ');
}

function refuse(elevation: ElevationView): never {
  const again =
    elevation.state === 'expired' ? 'Ask for a new one.' : 'To see it, run: sallyport elevations list --all';
  throw new CliError('refused', `${elevation.name} on ${elevation.cluster} ${describeState(elevation)}`, again);
}

/** Lists what can be asked for. Anything but a place belongs to a request, whose name is missing then. */
async function list(environment: Environment, options: ElevateOptions): Promise<void> {
  const given = (['for', 'reason', 'ticket', 'at', 'namespace', 'dryRun'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (given !== undefined)
    throw usageError(
      `--${given === 'dryRun' ? 'dry-run' : given} belongs to a request, which needs the name of an elevation`,
      'To see what you may ask for, run: sallyport elevate',
    );
  await writeOptions(environment, await openGateway(environment, options), options.cluster, options);
}

/** Shows what an elevation would change. Only its place matters: for how long and why make no difference. */
async function preview(environment: Environment, name: string, options: ElevateOptions): Promise<void> {
  const { gateway, cluster } = await openPlace(environment, options);
  const { namespace } = options;
  await writePreview(environment, await previewElevation(gateway, { name, cluster, namespace }), options);
}

/** The usual length of an elevation. */
const usualMs = 30 * 60_000;

/** Asks at the terminal for what the request needs and the command line does not say. */
async function askForMissing(environment: Environment, name: string, options: ElevateOptions): Promise<ElevateOptions> {
  const gateway = await openGateway(environment, options);
  const option = (await listOptions(gateway)).options.find((one) => one.name === name);
  // The gateway refuses a name that cannot be asked for, in its own words.
  if (!option) return options;
  const { places, maxDurationMs, reason, ticket } = option;
  const clusters = [...new Set(places.map(({ cluster }) => cluster))];
  const questions = openQuestions(environment);
  try {
    const place = options.cluster ?? (await openPlace(environment, options).catch(() => undefined))?.cluster;
    const cluster =
      place !== undefined && (options.cluster !== undefined || clusters.includes(place))
        ? place
        : clusters.length === 1
          ? clusters[0]!
          : await questions.ask('Cluster', { choices: clusters });
    const needsNamespace = places.some((one) => one.cluster === cluster && one.namespaces !== undefined);
    return {
      ...options,
      cluster,
      namespace: options.namespace ?? (needsNamespace ? await questions.ask('Namespace') : undefined),
      for:
        options.for ??
        (await questions.ask(`For how long, at most ${readableSpan(maxDurationMs)}`, {
          usual: readableSpan(Math.min(usualMs, maxDurationMs)),
        })),
      reason: options.reason ?? (reason === 'required' ? await questions.ask('Reason') : undefined),
      ticket: options.ticket ?? (ticket.required ? await questions.ask('Ticket') : undefined),
    };
  } finally {
    questions.close();
  }
}

export async function elevate(
  environment: Environment,
  name: string | undefined,
  options: ElevateOptions,
): Promise<void> {
  if (name === undefined) return list(environment, options);
  if (options.dryRun === true) return preview(environment, name, options);
  const given = canAsk(environment) ? await askForMissing(environment, name, options) : options;
  if (given.for === undefined) throw usageError('--for is missing', 'Say for how long you need it, like --for 30m.');
  const durationMs = readSpan(given.for, '--for');
  const { gateway, cluster } = await openPlace(environment, given);
  const { namespace, reason, ticket, at } = given;
  const asked = await requestElevation(gateway, {
    name,
    cluster,
    durationMs,
    namespace,
    reason,
    ticket,
    startsAt: at === undefined ? undefined : readStart(at),
  });
  const now = options.wait ? await waitForElevation(gateway, asked, commandOf(name, cluster, given)) : asked;
  await writeResult(
    environment,
    options.output,
    { id: now.id, state: now.state },
    () => `${forTerminal(`${now.name} on ${now.cluster} ${describeState(now)} (${now.id}).`)}\n`,
  );
  if (options.output === 'text') warnOfBreakGlass(environment, [now]);
  if (options.wait && now.state !== 'active') refuse(now);
}
