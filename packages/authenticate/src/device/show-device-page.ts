import type { RequestHandler, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { isBegunElsewhere } from '../http/fetch-site.ts';
import { readOrigin } from '../http/read-origin.ts';
import { html, sendPage } from '../pages/render-page.ts';
import { readQuery } from '../http/read-query.ts';
import { findAsked } from './find-device-authorization.ts';
import { readUserCode, showUserCode } from './user-code.ts';

const path = '/.sallyport/device';

/** The form in which a person types the code; with what was wrong about the last one. */
function askForCode(response: Response, status: number, fault?: string): void {
  const wrong = fault === undefined ? { markup: '' } : html`<p class="note" role="alert" id="fault">${fault}</p>\n`;
  const described = fault === undefined ? { markup: '' } : { markup: ' aria-invalid="true" aria-describedby="fault"' };
  sendPage(
    response,
    status,
    'Log in a device',
    html`<p>Type the code that the device or terminal shows.</p>
${wrong}<form method="get" action="${path}">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" required minlength="8" maxlength="16" autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX"${described}>
<p><button type="submit">Continue</button></p>
</form>
<p class="quiet">Did somebody send you here with a code? Then do not go on: they would be logged in as you.</p>`,
  );
}

/**
 * Who would approve must be known first. A link, for a form could lead nowhere but here (its policy forbids that also
 * to redirects).
 */
function askToLogIn(response: Response, code: string): void {
  const shown = showUserCode(code);
  sendPage(
    response,
    200,
    'Log in a device',
    html`<p>Does the device or terminal in front of you show this code?</p>
<p class="code">${shown}</p>
<p>If so, log in. You then see where the device is, and approve or deny.</p>
<p><a class="act" href="/.sallyport/login?user_code=${shown}">Log in</a></p>`,
  );
}

/** `GET /.sallyport/device`: where a person types the code of a device, or comes with it (RFC 8628, 3.3). */
export function showDevicePage(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const { device, loginOrigin } = deps.settings;
    if (!device)
      throw new ProblemError('not-found', 'Logins by a code that is approved elsewhere are switched off here.');
    const origin = readOrigin(request, deps.settings);
    const typed = readQuery(request).get('user_code');
    if (origin !== loginOrigin)
      return response.redirect(
        302,
        `${loginOrigin}${path}${typed === null ? '' : `?${new URLSearchParams({ user_code: typed }).toString()}`}`,
      );
    // Wrong codes of another site would be counted against the person.
    if (typed === null || isBegunElsewhere(request)) return askForCode(response, 200);
    const code = readUserCode(typed);
    const asked = await findAsked(deps, request, code, path);
    if (code !== undefined && asked) return askToLogIn(response, code);
    askForCode(
      response,
      404,
      'No device waits with this code. Look at it again; a code is good for five minutes, and once.',
    );
  };
}
