import { sallyportVersion } from '@sallyport/contracts';
import { notLoggedIn } from '../gateway/expect-ok.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { readLogin } from '../status/read-login.ts';
import { readableSpan } from '../terminal/readable-span.ts';
import { readableTime } from '../terminal/readable-time.ts';
import { failedBy, ok, warning, type Check } from './check.ts';
import { shellWord } from '../terminal/shell-word.ts';

const soonMs = 15 * 60_000;
const release = (version: string) => version.split('.').slice(0, 2).join('.');

function checkVersion(gateway: string | undefined): Check {
  if (gateway === undefined)
    return warning('version', 'the gateway does not say its version', 'Check that it is a Sallyport gateway.');
  const both = `the gateway has ${gateway}, this program ${sallyportVersion}`;
  return release(gateway) === release(sallyportVersion)
    ? ok('version', both)
    : warning('version', both, 'Update the older one. Until then, some commands may not work.');
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
