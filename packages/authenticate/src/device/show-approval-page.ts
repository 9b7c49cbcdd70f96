import type { Request, Response } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { loginCookies, readCookies } from '../http/cookies.ts';
import { providerName } from '../providers/common/provider-name.ts';
import { compareAddress } from '../pages/compare-address.ts';
import { html, type Html } from '@sallyport/pages';

import type { ProvenIdentity } from '../session/proven-identity.ts';
import { approvalKey, deviceKinds, type Approval, type DeviceAuthorization } from './device-authorization.ts';
import type { DeviceDeps } from './device-deps.ts';
import { findDeviceAuthorization } from './find-device-authorization.ts';
import { formatUserCode } from './user-code.ts';

const callback = '/.sallyport/callback';

/** Describes the device, so that the user can tell their own from another person's (RFC 8628, 5.4). */
function describeDevice(authorization: DeviceAuthorization, code: string, here: string | undefined): Html {
  const {
    cluster,
    facts: { clientAddress, userAgent },
  } = authorization;
  return html`<dl>
<dt>Code</dt><dd class="code">${code}</dd>
<dt>Address of the device</dt><dd>${compareAddress(clientAddress, here)}</dd>
<dt>Cluster</dt><dd>${cluster ?? 'not specified'}</dd>
<dt>Program</dt><dd>${userAgent ?? 'unknown'}</dd>
</dl>`;
}

function sendApprovalPage(
  { pages, providers }: Pick<DeviceDeps, 'pages' | 'providers'>,
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
  deps: DeviceDeps,
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
  const authorization = await findDeviceAuthorization(deps, request, userCode, callback);
  if (!authorization || userCode === undefined)
    throw new ProblemError('login-expired', 'The device is no longer waiting, or its code was already used.');
  const [approval, secret] = [randomToken(), randomToken()];
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
