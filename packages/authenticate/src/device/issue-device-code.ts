import type { Request, RequestHandler } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { requireProgram } from '../http/read-request.ts';
import {
  deviceKinds,
  deviceLifeMs,
  pollIntervalS,
  type DeviceAuthorization,
  formatUserCode,
  generateUserCode,
} from './device-authorization.ts';
import { limitDeviceLogins } from './find-device-authorization.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const page = '/.sallyport/device';
const clusterName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Reads the cluster that the program names. The user sees it, but it has no effect on what the session may do. */
function readCluster({ body }: Request): string | undefined {
  const value: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, 'cluster')
      ? (body as { cluster: unknown }).cluster
      : undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || !clusterName.test(value))
    throw new ProblemError('bad-request', 'cluster must be the name of a cluster.');
  return value;
}

/** Claims a user code that no other device is using. */
async function claimUserCode(
  { singleUse, randomToken }: HandlerDeps,
  authorization: DeviceAuthorization,
): Promise<string> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const code = generateUserCode(randomToken());
    if (code !== undefined && (await singleUse.claim(deviceKinds.userCode, code, authorization, deviceLifeMs)))
      return code;
  }
  throw new ProblemError('too-many-requests', 'No user code is available. Try again shortly.');
}

/** `POST /.sallyport/api/v1/device/code`: the device authorization endpoint (RFC 8628, 3.1). */
export function issueDeviceCode(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const { settings, singleUse, now, randomToken, randomId } = deps;
    const { device, loginOrigin } = settings;
    if (!device) throw new ProblemError('not-found', 'Device logins are disabled here (login.device).');
    requireProgram(request);
    const cluster = readCluster(request);
    deps.monitor.started('code-for-device', readClientFacts(request).clientAddress);
    await limitDeviceLogins(deps, request);
    const id = randomId();
    const deviceCode = `spd_${randomToken()}`;
    await singleUse.put(deviceKinds.device, deviceCode, { id }, deviceLifeMs);
    const code = formatUserCode(
      await claimUserCode(deps, {
        id,
        ...(cluster === undefined ? {} : { cluster }),
        facts: readClientFacts(request),
        until: now() + deviceLifeMs,
      }),
    );
    response.json({
      device_code: deviceCode,
      user_code: code,
      verification_uri: `${loginOrigin}${page}`,
      verification_uri_complete: `${loginOrigin}${page}?user_code=${code}`,
      expires_in: deviceLifeMs / 1000,
      interval: pollIntervalS,
    });
  };
}
