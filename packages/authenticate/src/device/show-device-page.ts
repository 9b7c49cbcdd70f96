import type { RequestHandler, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import { html, type Pages } from '@sallyport/pages';
import { isFromAnotherSite, readOrigin, readQuery } from '../http/read-request.ts';
import { parseUserCode, formatUserCode } from './device-authorization.ts';
import { findDeviceAuthorization } from './find-device-authorization.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const path = '/.sallyport/device';

/** Sends the form for the user code, with the fault of the previous code if there was one. */
function askForCode(pages: Pages, response: Response, status: number, fault?: string): void {
  const wrong = fault === undefined ? { markup: '' } : html`<p class="note" role="alert" id="fault">${fault}</p>\n`;
  const described = fault === undefined ? { markup: '' } : { markup: ' aria-invalid="true" aria-describedby="fault"' };
  pages.send(
    response,
    status,
    'Log in a device',
    html`<p>Enter the code that the device or terminal shows.</p>
${wrong}<form method="get" action="${path}">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" required autofocus minlength="8" maxlength="16" autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX"${described}>
<p><button type="submit">Continue</button></p>
</form>
<p class="quiet">If someone sent you here with a code, do not continue. They would be logged in as you.</p>`,
  );
}

/**
 * Asks the user to log in before they approve. Uses a link, because the Content-Security-Policy keeps forms on this
 * origin, even when they are redirected.
 */
function askToLogIn(pages: Pages, response: Response, code: string): void {
  const shown = formatUserCode(code);
  pages.send(
    response,
    200,
    'Log in a device',
    html`<p>Does the device or terminal in front of you show this code?</p>
<p class="code">${shown}</p>
<p>If so, log in. You then see the address of the device, and approve or deny it.</p>
<p><a class="act" href="/.sallyport/login?user_code=${shown}">Log in</a></p>`,
  );
}

/**
 * `GET /.sallyport/device`: the verification URI. The user enters the user code, or arrives with it (RFC 8628, 3.3).
 */
export function showDevicePage(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const { device, loginOrigin } = deps.settings;
    if (!device) throw new ProblemError('not-found', 'Device logins are disabled here.');
    const origin = readOrigin(request, deps.settings);
    const typed = readQuery(request).get('user_code');
    if (origin !== loginOrigin)
      return response.redirect(
        302,
        `${loginOrigin}${path}${typed === null ? '' : `?${new URLSearchParams({ user_code: typed }).toString()}`}`,
      );
    // Otherwise another site could send wrong codes that count against the user.
    if (typed === null || isFromAnotherSite(request)) return askForCode(deps.pages, response, 200);
    const code = parseUserCode(typed);
    const authorization = await findDeviceAuthorization(deps, request, code, path);
    if (code !== undefined && authorization) return askToLogIn(deps.pages, response, code);
    askForCode(
      deps.pages,
      response,
      404,
      'No device is waiting with this code. Check the code. It works once, for five minutes.',
    );
  };
}
