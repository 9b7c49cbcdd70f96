import type { ElevationView } from '@sallyport/contracts/answers';
import { describeConnector } from '../connectors/read-connectors.ts';
import { remindOfReviews, warnOfBreakGlass } from '../elevation/break-glass.ts';
import { isOwnActive } from '../elevation/call-elevations.ts';
import { elevationData, describeState, placeOf } from '../elevation/describe-elevation.ts';
import type { Environment } from '../environment/environment.ts';
import { notLoggedIn } from '../gateway/expect-ok.ts';
import { readStatus, type Status } from './read-status.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { createPaint, type Paint, type Tone } from '../terminal/paint.ts';
import { withTimes, readableSpan, readableTime } from '../terminal/times.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

/** A session that ends within this time is worth renewing now. */
const soonMs = 15 * 60_000;

/** A command to run next, and why. */
type NextStep = { command: string; why: string };

/** Reports whether someone waits for the user's approval. */
const waitsForApproval = ({ state, mine, may }: ElevationView) =>
  state === 'pending' && !mine && may.includes('approve');

/** The next steps of the user, the most urgent first. */
function whatNext({ state, gateway, session, clusters, contexts, elevations = [] }: Status, now: number): NextStep[] {
  if (gateway === undefined) return [{ command: 'sallyport login gate.example.com', why: 'to log in to your gateway' }];
  if (state === 'not-logged-in') return [{ command: `sallyport login ${shellWord(gateway)}`, why: 'to log in' }];
  const steps: NextStep[] = [];
  if (session !== undefined && session.until - now < soonMs)
    steps.push({ command: `sallyport login ${shellWord(gateway)} --force`, why: 'because your session ends soon' });
  if (state === 'unreachable') return [...steps, { command: 'sallyport status', why: 'to try again' }];
  for (const one of elevations.filter(waitsForApproval))
    steps.push({
      command: `sallyport elevations show ${shellWord(one.id)}`,
      why: `because ${one.user} waits for your approval of ${one.name} on ${placeOf(one)}`,
    });
  const missing = clusters?.filter((name) => contexts.every(({ cluster }) => cluster !== name)) ?? [];
  if (missing.length > 0)
    steps.push({
      command: 'sallyport kubeconfig --merge',
      why: `because kubectl has no context for ${missing.join(', ')}`,
    });
  const [first] = contexts;
  if (first !== undefined && contexts.every(({ current }) => !current))
    steps.push({
      command: `kubectl config use-context ${shellWord(first.name)}`,
      why: 'to use this gateway with kubectl',
    });
  return steps.length === 0 && first !== undefined
    ? [{ command: 'kubectl get pods', why: 'to use the cluster of your current context' }]
    : steps;
}

const states: Record<Status['state'], [text: string, tone: Tone]> = {
  'logged-in': ['logged in', 'good'],
  'not-logged-in': ['not logged in', 'bad'],
  unreachable: ['cannot be reached', 'warning'],
};

const storedWords = (user: string | undefined): string =>
  user === undefined ? 'you are not logged in' : 'this is what is stored on this machine';

function endOf(ms: number, now: number, paint: Paint): string {
  if (ms <= now) return paint(`${readableTime(ms)} (ended)`, 'bad');
  return paint(`${readableTime(ms)} (in ${readableSpan(ms - now)})`, ms - now < soonMs ? 'warning' : undefined);
}

function lines(status: Status, now: number, paint: Paint): [label: string, text: string | undefined][] {
  const { state, gateway, source, user, groups, session, clusters, connectors = [], openStreams } = status;
  const { elevations = [] } = status;
  const provider = status.providerName ?? status.provider;
  const [word, tone] = states[state];
  return [
    ['Gateway', gateway && `${forTerminal(gateway)} (from ${forTerminal(source ?? '')})`],
    ['State', paint(state === 'unreachable' ? `${word}; ${storedWords(user)}` : word, tone)],
    ['User', user && forTerminal(user)],
    ['Groups', groups && (forTerminal(groups.join(', ')) || '(none)')],
    ...elevations
      .filter(isOwnActive)
      .map((one): [string, string] => [
        'Elevated',
        forTerminal(`${one.name} on ${placeOf(one)}, ${describeState(one)}`),
      ]),
    ['Provider', provider && forTerminal(provider)],
    ['Session', session && forTerminal(session.id)],
    ['Since', session?.since === undefined ? undefined : readableTime(session.since)],
    ['Until', session && endOf(session.until, now, paint)],
    ['If unused', session?.idleUntil === undefined ? undefined : endOf(session.idleUntil, now, paint)],
    ['Clusters', clusters && (forTerminal(clusters.join(', ')) || '(none)')],
    ...connectors.map((one): [string, string] => [
      'Connector',
      forTerminal(`${one.name}: ${describeConnector(one, now)}`),
    ]),
    ['Streams', openStreams === undefined ? undefined : `${openStreams} open`],
  ];
}

function loginOf({ user, until }: Status['gateways'][number], now: number): string {
  if (user === undefined || until === undefined) return 'not logged in';
  return until <= now ? 'login has ended' : `${forTerminal(user)}, until ${readableTime(until)}`;
}

/** Describes how the user stands, and what to do next. */
function describeStatus(status: Status, steps: readonly NextStep[], now: number, paint: Paint): string {
  const others = status.gateways.filter(({ current }) => !current);
  const wide = Math.max(0, ...others.map(({ gateway }) => gateway.length));
  const width = Math.max(0, ...steps.map(({ command }) => command.length));
  return [
    ...lines(status, now, paint)
      .filter(([, text]) => text !== undefined)
      .map(([label, text]) => `${`${label}:`.padEnd(11)}${text!}\n`),
    ...(others.length === 0 ? [] : ['\nOther gateways:\n']),
    ...others.map((one) => `  ${forTerminal(one.gateway).padEnd(wide)}  ${loginOf(one, now)}\n`),
    ...(steps.length === 0 ? [] : ['\nNext:\n']),
    ...steps.map(({ command, why }) => `  ${forTerminal(command).padEnd(width)}  # ${forTerminal(why)}\n`),
  ].join('');
}

export async function showStatus(environment: Environment, options: GatewayOptions): Promise<void> {
  const found = await readStatus(environment, options);
  const now = environment.now();
  const next = whatNext(found, now);
  const { problems, session, gateways, elevations, connectors = [], ...rest } = found;
  const data = {
    ...rest,
    session: session && withTimes(session, ['since', 'until', 'idleUntil']),
    connectors: connectors.length === 0 ? undefined : connectors.map((one) => withTimes(one, ['since'])),
    elevations: elevations?.filter(isOwnActive).map(elevationData),
    gateways: gateways.map((one) => withTimes(one, ['until'])),
    problems: problems.map(({ message }) => message),
    next,
  };
  await writeResult(environment, options.output, data, () =>
    describeStatus(found, next, now, createPaint(environment)),
  );
  if (options.output === 'text') {
    warnOfBreakGlass(environment, elevations ?? []);
    remindOfReviews(environment, elevations ?? []);
  }
  const [problem] = problems;
  if (found.state === 'logged-in') {
    for (const { message } of problems) environment.stderr.write(`Note: ${forTerminal(message)}\n`);
    return;
  }
  throw problem ?? notLoggedIn(found.gateway!);
}
