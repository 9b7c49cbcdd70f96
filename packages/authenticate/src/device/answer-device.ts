import type { Request, RequestHandler, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { clearedLoginCookie, loginCookieName, readCookies, readLoginCookie } from '../http/cookies.ts';
import { readField } from '../http/read-field.ts';
import { readOrigin, requireOwnPage } from '../http/read-origin.ts';
import { html, sendPage } from '../pages/render-page.ts';
import { readClientFacts } from '@sallyport/kit';
import {
  approvalKey,
  approvalSchema,
  askedSchema,
  deviceKinds,
  type Approval,
  type Asked,
  type DeviceAnswer,
} from './device-authorization.ts';
import { readUserCode } from './user-code.ts';

const path = '/.sallyport/device';
const over = () =>
  new ProblemError(
    'login-expired',
    'The device does not wait any more, or somebody has answered it. Start again there.',
  );

/** What this browser was asked, and the device that waits for it. Both are taken: a second answer finds nothing. */
async function takeQuestion(
  { settings, singleUse }: RouteDeps,
  request: Request,
  approvalId: string,
): Promise<{ approval: Approval; asked: Asked }> {
  const held = readLoginCookie(
    readCookies(request.headers.cookie).get(loginCookieName(settings.loginOrigin, approvalId)),
  );
  const code = readUserCode(readField(request.body, 'user_code') ?? '');
  if (!held || code === undefined) throw over();
  const { data: approval } = approvalSchema.safeParse(
    await singleUse.take(deviceKinds.approval, approvalKey(approvalId, held.payload)),
  );
  if (!approval) throw over();
  const { data: waits } = askedSchema.safeParse(await singleUse.read(deviceKinds.asked, code));
  if (waits?.id !== approval.id) throw over();
  const { data: asked } = askedSchema.safeParse(await singleUse.take(deviceKinds.asked, code));
  if (asked?.id !== approval.id) throw over();
  return { approval, asked };
}

function showAnswered(response: Response, approved: boolean): void {
  if (approved)
    return sendPage(
      response,
      200,
      'The device is approved',
      html`<p>It is logged in within a few seconds. You can close this page and go back to it.</p>
<p class="quiet">"sallyport sessions list" shows it, and "sallyport sessions revoke" ends it at once.</p>`,
    );
  sendPage(
    response,
    200,
    'The device is refused',
    html`<p>It is not logged in, and its code is worth nothing any more. You can close this page.</p>
<p>If somebody sent you the code, tell whoever runs the gateway.</p>`,
  );
}

/**
 * `POST /.sallyport/device`: the person approves or denies, on our own page, in the browser in which they logged in.
 */
export function answerDevice(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const { settings, singleUse, events, now } = deps;
    if (!settings.device)
      throw new ProblemError('not-found', 'Logins by a code that is approved elsewhere are switched off here.');
    readOrigin(request, settings);
    requireOwnPage(request, settings);
    const [approvalId, said] = [readField(request.body, 'approval'), readField(request.body, 'answer')];
    if (approvalId === undefined || (said !== 'approve' && said !== 'deny'))
      throw new ProblemError('bad-request', 'The answer must be approve or deny.');
    events.requireRoom();
    const {
      approval: { id, sessionId, identity },
      asked,
    } = await takeQuestion(deps, request, approvalId);
    response.append('set-cookie', clearedLoginCookie(settings.loginOrigin, approvalId));
    const from = readClientFacts(request);
    const answer: DeviceAnswer =
      said === 'approve' ? { answer: 'approved', sessionId, identity, from } : { answer: 'denied' };
    await singleUse.put(deviceKinds.answer, id, answer, Math.max(1, asked.until - now()));
    if (said === 'deny') {
      const detail = `${identity.user} denied it to the device at ${asked.facts.clientAddress ?? 'an unknown address'}`;
      events.failed({
        path,
        problem: { code: 'login-failed', detail },
        provider: identity.provider,
        facts: from,
        code: 403,
        person: identity,
      });
    }
    showAnswered(response, said === 'approve');
  };
}
