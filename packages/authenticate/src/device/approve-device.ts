import type { Request, Response, RequestHandler } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { html, type Html, type Pages } from '@sallyport/pages';
import { loginCookies, readCookies, clearedLoginCookie, loginCookieName, readLoginCookie } from '../http/cookies.ts';
import { compareAddress, readField, readOrigin, requireOwnPage } from '../http/read-request.ts';
import { providerName } from '../providers/client/provider-client.ts';
import type { ProvenIdentity } from '../session/proven-identity.ts';
import {
  approvalKey,
  deviceKinds,
  type Approval,
  type DeviceAuthorization,
  formatUserCode,
  approvalSchema,
  deviceAuthorizationSchema,
  type DeviceAnswer,
  parseUserCode,
} from './device-authorization.ts';
import { findDeviceAuthorization } from './find-device-authorization.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const callback = '/.sallyport/callback';

/** Describes the device, so that the user can tell their own from another person's (RFC 8628, 5.4). */
function describeDevice(authorization: DeviceAuthorization, code: string, here: string | undefined): Html {
  const { facts, cluster } = authorization;
  const { clientAddress, userAgent } = facts;
  return html`<dl>
<dt>Code</dt><dd class="code">${code}</dd>
<dt>Address of the device</dt><dd>${compareAddress(clientAddress, here)}</dd>
<dt>Cluster</dt><dd>${cluster ?? 'not specified'}</dd>
<dt>Program</dt><dd>${userAgent ?? 'unknown'}</dd>
</dl>`;
}

function sendApprovalPage(
  { pages, providers }: Pick<HandlerDeps, 'pages' | 'providers'>,
  response: Response,
  identity: ProvenIdentity,
  device: Html,
  fields: { approval: string; code: string },
): void {
  const provider = providerName(providers, identity.provider);
  pages.send(
    response,
    200,
    'Approve this device?',
    html`<p>A device wants to log in as <strong>${identity.user}</strong>, with ${provider}.</p>
${device}
<p class="note">Approve only if this is your device and it shows exactly this code now. Anyone who uses the device can then do everything that you can do, on every cluster.</p>
<form method="post" action="/.sallyport/device" class="actions">
<input type="hidden" name="approval" value="${fields.approval}"><input type="hidden" name="user_code" value="${fields.code}">
<button type="submit" name="answer" value="approve">Approve</button>
<button type="submit" name="answer" value="deny" class="plain">Deny</button>
</form>`,
  );
}

/** Shows a user who has just logged in which device wants to log in. Only this browser can answer. */
export async function showApprovalPage(
  deps: HandlerDeps,
  about: { identity: ProvenIdentity; userCode: string | undefined },
  request: Request,
  response: Response,
): Promise<void> {
  const { settings, now, randomToken, randomId, singleUse } = deps;
  const { loginOrigin } = settings;
  const { identity, userCode } = about;
  const authorization = await findDeviceAuthorization(deps, request, userCode, callback);
  if (!authorization || userCode === undefined)
    throw new ProblemError('login-expired', 'The device is no longer waiting, or its code was already used.');
  const approval = randomToken();
  const secret = randomToken();
  const lifeMs = Math.max(1, authorization.until - now());
  await singleUse.put(
    deviceKinds.approval,
    approvalKey(approval, secret),
    { id: authorization.id, sessionId: randomId(), identity } satisfies Approval,
    lifeMs,
  );
  response.append(
    'set-cookie',
    loginCookies(
      loginOrigin,
      readCookies(request.headers.cookie),
      approval,
      { payload: secret, madeAt: now() },
      lifeMs,
    ),
  );
  const code = formatUserCode(userCode);
  sendApprovalPage(
    deps,
    response,
    identity,
    describeDevice(authorization, code, readClientFacts(request).clientAddress),
    {
      approval,
      code,
    },
  );
}

const path = '/.sallyport/device';
const noDevice = () =>
  new ProblemError('login-expired', 'The device is no longer waiting, or its code was already used.');

/** Takes the approval that this browser may answer, and its device authorization. A second answer finds neither. */
async function takeApproval(
  { settings, singleUse }: HandlerDeps,
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
export function answerDevice(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const { settings, singleUse, events, now } = deps;
    if (!settings.device) throw new ProblemError('not-found', 'Device logins are disabled here.');
    readOrigin(request, settings);
    requireOwnPage(request, settings);
    const approvalId = readField(request.body, 'approval');
    const choice = readField(request.body, 'answer');
    if (approvalId === undefined || (choice !== 'approve' && choice !== 'deny'))
      throw new ProblemError('bad-request', 'The answer must be approve or deny.');
    events.requireRoom();
    const { approval, authorization } = await takeApproval(deps, request, approvalId);
    const { id, sessionId, identity } = approval;
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
