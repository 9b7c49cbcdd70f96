import { randomBytes } from 'node:crypto';
import { hashToken } from '@sallyport/kit';
import type { BeginWebLogin } from './send-web-problem.ts';
import { countCookies, onlyCookie, webCookiesOf } from './web-cookies.ts';

/** How long a browser may take to log in, in seconds. */
const beginSeconds = 900;
/** A longer target is not kept. The browser then returns to the start page of the application. */
const maxTarget = 2048;
/** How many tabs of a browser may log in at the same time and return to where they were. */
const maxReturns = 8;

const nonceForm = /^[A-Za-z0-9_-]{43}$/;

/**
 * Creates what sends a browser to the login. A secret and the target stay behind in cookies of this host. The login knows
 * only the hash of the secret, so that the code at the end of it is worth nothing in any other browser.
 */
export function createBeginWebLogin({ loginOrigin }: { loginOrigin: string }): BeginWebLogin {
  return ({ request, response, route, rawTarget }) => {
    const raw = request.rawHeaders;
    const { begin, returnPrefix, set } = webCookiesOf(route!);
    const held = onlyCookie(raw, begin);
    const nonce = held !== undefined && nonceForm.test(held) ? held : randomBytes(32).toString('base64url');
    const tab = randomBytes(9).toString('base64url');
    const cookies = [set(begin, nonce, beginSeconds)];
    if (rawTarget.length <= maxTarget && countCookies(raw, returnPrefix) < maxReturns) {
      const target = Buffer.from(rawTarget, 'latin1').toString('base64url');
      cookies.push(set(`${returnPrefix}${tab}`, target, beginSeconds));
    }
    const host = Buffer.from(route!.host).toString('base64url');
    response.writeHead(302, {
      location: `${loginOrigin}/.sallyport/route/${host}/${hashToken(nonce)}/${tab}`,
      'set-cookie': cookies,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-length': '0',
    });
    response.end();
  };
}
