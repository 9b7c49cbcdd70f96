import type { Request, RequestHandler, Response } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { clearedLoginCookie, loginCookieName, readCookies, readLoginCookie } from '../http/cookies.ts';
import { readField } from '../http/read-field.ts';
import { readOrigin, requireOwnPage } from '../http/read-origin.ts';
import { html, type Pages } from '@sallyport/pages';

import {
  approvalKey,
  approvalSchema,
  deviceAuthorizationSchema,
  deviceKinds,
  type Approval,
  type DeviceAuthorization,
  type DeviceAnswer,
} from './device-authorization.ts';
import type { DeviceDeps } from './device-deps.ts';
import { parseUserCode } from './user-code.ts';

const path = '/.sallyport/device';
const noDevice = () =>
  new ProblemError('login-expired', 'The device is no longer waiting, or its code was already used.');

/** Takes the approval that this browser may answer, and its device authorization. A second answer finds neither. */
async function takeApproval(
  { settings, singleUse }: DeviceDeps,
  request: Request,
  approvalId: string,
): Promise<{ approval: Approval; authorization: DeviceAuthorization }> {
  const cookie = readLoginCookie(
    readCookies(request.headers.cookie).get(loginCookieName(settings.loginOrigin, approvalId)),
  );
  const code = parseUserCode(readField(request.body, 'user_code') ?? '');
  if (!cookie || code === undefined) throw noDevice();
  const { data: approval } = approvalSchema.safeParse(
    await singleUse.take(deviceKinds.approval, approvalKey(approvalId, cookie.payload)),
  );
  if (!approval) throw noDevice();
  const { data: pending } = deviceAuthorizationSchema.safeParse(await singleUse.read(deviceKinds.userCode, code));
  if (pending?.id !== approval.id) throw noDevice();
  const { data: authorization } = deviceAuthorizationSchema.safeParse(await singleUse.take(deviceKinds.userCode, code));
  if (authorization?.id !== approval.id) throw noDevice();
  return { approval, authorization };
}

function showAnswered(pages: Pages, response: Response, approved: boolean): void {
  if (approved)
    return pages.send(
      response,
      200,
      'The device is approved',
      html`<p>It will be logged in within a few seconds. You can close this page and return to the device.</p>
<p class="quiet">Run "sallyport sessions list" to see the session, and "sallyport sessions revoke" to end it.</p>`,
    );
  pages.send(
    response,
    200,
    'The device is denied',
    html`<p>It is not logged in, and its code no longer works. You can close this page.</p>
<p>If someone sent you the code, tell the operator of the gateway.</p>`,
  );
}

/** `POST /.sallyport/device`: the user approves or denies on our own page, in the browser in which they logged in. */
export function answerDevice(deps: DeviceDeps): RequestHandler {
  return async (request, response) => {
    const { settings, singleUse, events, now } = deps;
    if (!settings.device) throw new ProblemError('not-found', 'Device logins are disabled here.');
    readOrigin(request, settings);
    requireOwnPage(request, settings);
    const [approvalId, choice] = [readField(request.body, 'approval'), readField(request.body, 'answer')];
    if (approvalId === undefined || (choice !== 'approve' && choice !== 'deny'))
      throw new ProblemError('bad-request', 'The answer must be approve or deny.');
    events.requireRoom();
    const {
      approval: { id, sessionId, identity },
      authorization,
    } = await takeApproval(deps, request, approvalId);
    response.append('set-cookie', clearedLoginCookie(settings.loginOrigin, approvalId));
    const from = readClientFacts(request);
    const answer: DeviceAnswer =
      choice === 'approve' ? { answer: 'approved', sessionId, identity, from } : { answer: 'denied' };
    await singleUse.put(deviceKinds.answer, id, answer, Math.max(1, authorization.until - now()));
    if (choice === 'deny') {
      const { clientAddress = 'an unknown address' } = authorization.facts;
      const detail = `${identity.user} denied the login of the device at ${clientAddress}`;
      events.failed({
        path,
        problem: { code: 'login-failed', detail },
        provider: identity.provider,
        facts: from,
        code: 403,
        person: identity,
      });
    }
    showAnswered(deps.pages, response, choice === 'approve');
  };
}
