import { isOwnActive } from '../elevation/call-elevations.ts';
import { describeState, placeOf } from '../elevation/describe-elevation.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import type { Paint, Tone } from '../terminal/paint.ts';
import { readableSpan } from '../terminal/readable-span.ts';
import { readableTime } from '../terminal/readable-time.ts';
import type { Status } from './read-status.ts';
import type { NextStep } from './what-next.ts';

const soonMs = 15 * 60_000;
const states: Record<Status['state'], [text: string, tone: Tone]> = {
  'logged-in': ['logged in', 'good'],
  'not-logged-in': ['not logged in', 'bad'],
  unreachable: ['cannot be reached; this is what is stored on this machine', 'warning'],
};

function endOf(ms: number, now: number, paint: Paint): string {
  if (ms <= now) return paint(`${readableTime(ms)} (ended)`, 'bad');
  return paint(`${readableTime(ms)} (in ${readableSpan(ms - now)})`, ms - now < soonMs ? 'warning' : undefined);
}

function lines(status: Status, now: number, paint: Paint): [label: string, text: string | undefined][] {
  const { state, gateway, source, user, groups, session, clusters, openStreams, elevations = [] } = status;
  const provider = status.providerName ?? status.provider;
  const [word, tone] = states[state];
  return [
    ['Gateway', gateway && `${forTerminal(gateway)} (from ${forTerminal(source ?? '')})`],
    ['State', paint(word, tone)],
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
    ['Streams', openStreams === undefined ? undefined : `${openStreams} open`],
  ];
}

function loginOf({ user, until }: Status['gateways'][number], now: number): string {
  if (user === undefined || until === undefined) return 'not logged in';
  return until <= now ? 'login has ended' : `${forTerminal(user)}, until ${readableTime(until)}`;
}

/** Describes how the user stands, and what to do next. */
export function describeStatus(status: Status, steps: readonly NextStep[], now: number, paint: Paint): string {
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
