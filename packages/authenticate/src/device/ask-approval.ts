import type { Request, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { beginLoginCookies, readCookies } from '../http/cookies.ts';
import { compareAddress } from '../pages/compare-address.ts';
import { html, sendPage, type Html } from '../pages/render-page.ts';
import { readClientFacts } from '@sallyport/kit';
import type { ProvenIdentity } from '../session/proven-identity.ts';
import { approvalKey, deviceKinds, type Approval, type Asked } from './device-authorization.ts';
import { findAsked } from './find-device-authorization.ts';
import { showUserCode } from './user-code.ts';

const callback = '/.sallyport/callback';

/** What a person needs to see to tell their own device from somebody else's (RFC 8628, 5.4). */
function describeDevice(asked: Asked, code: string, here: string | undefined): Html {
  const {
    cluster,
    facts: { clientAddress, userAgent },
  } = asked;
  return html`<dl>
<dt>Code</dt><dd class="code">${code}</dd>
<dt>Address of the device</dt><dd>${compareAddress(clientAddress, here)}</dd>
<dt>Cluster</dt><dd>${cluster ?? 'not named'}</dd>
<dt>Program</dt><dd>${userAgent ?? 'not named'}</dd>
</dl>`;
}

function showApproval(
  response: Response,
  identity: ProvenIdentity,
  device: Html,
  fields: { approval: string; code: string },
): void {
  sendPage(
    response,
    200,
    'Approve this device?',
    html`<p>A device asks to be logged in as <strong>${identity.user}</strong>.</p>
${device}
<p class="note">Approve only if the device is yours and shows this very code now. Whoever holds it may then do everything that you may do, on every cluster.</p>
<form method="post" action="/.sallyport/device" class="actions">
<input type="hidden" name="approval" value="${fields.approval}"><input type="hidden" name="user_code" value="${fields.code}">
<button type="submit" name="answer" value="approve">Approve</button>
<button type="submit" name="answer" value="deny" class="plain">Deny</button>
</form>`,
  );
}

/** The person is known: shows them which device asks. What they would approve with is kept for this browser alone. */
export async function askApproval(
  deps: RouteDeps,
  about: { identity: ProvenIdentity; userCode: string | undefined },
  request: Request,
  response: Response,
): Promise<void> {
  const {
    settings: { loginOrigin },
    now,
    randomToken,
    randomId,
    singleUse,
  } = deps;
  const { identity, userCode } = about;
  const asked = await findAsked(deps, request, userCode, callback);
  if (!asked || userCode === undefined)
    throw new ProblemError(
      'login-expired',
      'The device does not wait any more, or somebody has answered it. Start again there.',
    );
  const [approval, secret] = [randomToken(), randomToken()];
  const lifeMs = Math.max(1, asked.until - now());
  await singleUse.put(
    deviceKinds.approval,
    approvalKey(approval, secret),
    { id: asked.id, sessionId: randomId(), identity } satisfies Approval,
    lifeMs,
  );
  response.append(
    'set-cookie',
    beginLoginCookies(
      loginOrigin,
      readCookies(request.headers.cookie),
      approval,
      { payload: secret, madeAt: now() },
      lifeMs,
    ),
  );
  const code = showUserCode(userCode);
  showApproval(response, identity, describeDevice(asked, code, readClientFacts(request).clientAddress), {
    approval,
    code,
  });
}
