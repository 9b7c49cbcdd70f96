import type { Request, RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { requireProgram } from '../http/fetch-site.ts';
import { readClientFacts } from '@sallyport/kit';
import { deviceKinds, deviceLifeMs, pollIntervalS, type Asked } from './device-authorization.ts';
import { limitBegun } from './find-device-authorization.ts';
import { showUserCode, userCodeFrom } from './user-code.ts';

const page = '/.sallyport/device';
const clusterName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The cluster that the program means, for the person to see; nothing is granted or withheld by it. */
function readCluster({ body }: Request): string | undefined {
  const value: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, 'cluster')
      ? (body as { cluster: unknown }).cluster
      : undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || !clusterName.test(value))
    throw new ProblemError('bad-request', 'cluster is not the name of a cluster.');
  return value;
}

/** Finds a user code that nobody else shows now. */
async function claimUserCode({ singleUse, randomToken }: RouteDeps, asked: Asked): Promise<string> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const code = userCodeFrom(randomToken());
    if (code !== undefined && (await singleUse.claim(deviceKinds.asked, code, asked, deviceLifeMs))) return code;
  }
  throw new ProblemError('too-many-requests', 'No code is free. Try again shortly.');
}

/** `POST /.sallyport/api/v1/device/code`: begins a login that is approved in a browser elsewhere (RFC 8628, 3.1). */
export function issueDeviceCode(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const {
      settings: { device, loginOrigin },
      singleUse,
      now,
      randomToken,
      randomId,
    } = deps;
    if (!device)
      throw new ProblemError(
        'not-found',
        'Logins by a code that is approved elsewhere are switched off here (login.device).',
      );
    requireProgram(request);
    const cluster = readCluster(request);
    deps.watch.begun('code-for-device', readClientFacts(request).clientAddress);
    await limitBegun(deps, request);
    const [id, deviceCode] = [randomId(), `spd_${randomToken()}`];
    await singleUse.put(deviceKinds.device, deviceCode, { id }, deviceLifeMs);
    const code = showUserCode(
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
