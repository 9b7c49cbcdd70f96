import { sallyportVersion } from '@sallyport/contracts/version';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { readableSpan, readableTime } from '../terminal/times.ts';
import { failed, failedBy, ok, warning, type Check } from './check.ts';
import { notLoggedIn } from '../gateway/expect-ok.ts';
import { describeDistance } from '../upgrade/versions.ts';
import { readLogin } from '../status/read-status.ts';
import { shellWord } from '../terminal/for-terminal.ts';

const limitMs = 5000;
const mayDifferMs = 30_000;

/** Compares the clocks. The header has whole seconds, and was written between the request and its answer. */
function checkClock(date: string | undefined, from: number, to: number): Check | undefined {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return undefined;
  const difference = there + 500 - (from + to) / 2;
  const span = readableSpan(Math.abs(difference));
  const words = `this machine is ${span} ${difference > 0 ? 'behind' : 'ahead of'} the gateway`;
  if (Math.abs(difference) <= mayDifferMs) return ok('clock', 'the clocks of this machine and the gateway agree');
  return warning(
    'clock',
    words,
    'Set the clock of this machine (NTP). A wrong clock ends logins too early or too late.',
  );
}

/** Checks that the gateway answers requests, and that its clock is the clock of this machine. */
export async function checkHealth({ client, address, environment }: OpenGateway): Promise<Check[]> {
  const from = environment.now();
  try {
    const { status, headers } = await client.call({ method: 'GET', path: '/healthz', timeoutMs: limitMs });
    const to = environment.now();
    const clock = checkClock(headers.date, from, to);
    const health =
      status === 200
        ? ok('health', `/healthz is ok, in ${readableSpan(to - from)}`)
        : failed(
            'health',
            `${address.origin}/healthz answered ${status}`,
            status >= 500
              ? 'Try again. If this persists, tell the operator of the gateway.'
              : `Check that ${address.origin} is the address of a Sallyport gateway.`,
          );
    return [health, ...(clock === undefined ? [] : [clock])];
  } catch (error) {
    return [failedBy('health', error)];
  }
}

const soonMs = 15 * 60_000;

function checkVersion(gateway: string | undefined): Check {
  if (gateway === undefined)
    return warning('version', 'the gateway does not say its version', 'Check that it is a Sallyport gateway.');
  const both = `the gateway has ${gateway}, this program ${sallyportVersion}`;
  const distance = describeDistance(sallyportVersion, gateway);
  return distance === undefined
    ? ok('version', both)
    : warning('version', `${both}: ${distance}`, 'Update the older one.');
}

/** Checks the login: who the gateway says that the user is, and until when. With one, also the version of the gateway. */
export async function checkLogin(gateway: OpenGateway): Promise<{ checks: Check[]; loggedIn: boolean }> {
  const { origin } = gateway.address;
  try {
    const login = await readLogin(gateway);
    if (login.state === 'not-logged-in') throw notLoggedIn(origin);
    if (login.state === 'unreachable') throw login.problem;
    const { user, session } = login.me;
    const idleEnd = session.idleEndsAt ?? session.expiresAt;
    const unused = idleEnd < session.expiresAt ? `, or ${readableTime(idleEnd)} if unused` : '';
    const left = session.expiresAt - gateway.environment.now();
    const detail = `you are ${user}, until ${readableTime(session.expiresAt)}${unused}`;
    const check =
      left < soonMs
        ? warning(
            'session',
            `${detail}, and your session ends in ${readableSpan(left)}`,
            `To log in again, run: sallyport login ${shellWord(origin)} --force`,
          )
        : ok('session', detail);
    return { loggedIn: true, checks: [check, checkVersion(login.gatewayVersion)] };
  } catch (error) {
    return { loggedIn: false, checks: [failedBy('session', error)] };
  }
}
