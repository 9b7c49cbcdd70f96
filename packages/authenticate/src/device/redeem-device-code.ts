import type { Request, RequestHandler } from 'express';
import type { Session } from '@sallyport/contracts';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { requireProgram } from '../http/fetch-site.ts';
import { readField } from '../http/read-field.ts';
import { tokenAnswer } from '../login/token-response.ts';
import { readClientFacts } from '@sallyport/kit';
import { openSession } from '../session/open-session.ts';
import { answerSchema, deviceKinds, deviceSchema, pollIntervalS, type DeviceAnswer } from './device-authorization.ts';

const path = '/.sallyport/api/v1/device/token';
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
/** A program that keeps to the interval must not be early by the time that its request took. */
const shortestPauseMs = pollIntervalS * 1000 - 1000;

/** RFC 8628, 3.5, and RFC 6749, 5.2. */
type DeviceError =
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'invalid_request'
  | 'unsupported_grant_type';
type Refusal = { error: DeviceError; error_description: string };
type Opened = { token: string; session: Session };

const refuse = (error: DeviceError, error_description: string): Refusal => ({ error, error_description });
const expired = () => refuse('expired_token', 'The code is unknown, used or too old. Log in again.');

/** Nobody has answered yet. Who asks too often is told so, and is not answered sooner. */
async function keepWaiting({ singleUse }: RouteDeps, deviceCode: string): Promise<Refusal> {
  const inTime = await singleUse.claim(deviceKinds.poll, deviceCode, true, shortestPauseMs);
  return inTime
    ? refuse('authorization_pending', 'Nobody has approved this login yet.')
    : refuse('slow_down', 'Ask less often: five seconds more between two times.');
}

async function openFor(
  deps: RouteDeps,
  answer: DeviceAnswer & { answer: 'approved' },
  request: Request,
): Promise<Opened> {
  const { sessionId, identity, from } = answer;
  return openSession(deps, {
    id: sessionId,
    kind: 'cli',
    identity,
    facts: { ...readClientFacts(request), approvedFrom: from },
    path,
  });
}

async function redeem(deps: RouteDeps, request: Request): Promise<Opened | Refusal> {
  const { singleUse } = deps;
  const [grant, deviceCode] = [readField(request.body, 'grant_type'), readField(request.body, 'device_code')];
  if (grant !== undefined && grant !== grantType)
    return refuse('unsupported_grant_type', `Only ${grantType} is known here.`);
  if (grant === undefined || deviceCode === undefined)
    return refuse('invalid_request', 'grant_type and device_code must each be given once.');
  deps.events.requireRoom();
  const { data: device } = deviceSchema.safeParse(await singleUse.read(deviceKinds.device, deviceCode));
  if (!device) return expired();
  const { data: answer } = answerSchema.safeParse(await singleUse.take(deviceKinds.answer, device.id));
  if (!answer) return keepWaiting(deps, deviceCode);
  await singleUse.take(deviceKinds.device, deviceCode);
  if (answer.answer === 'denied')
    return refuse('access_denied', 'The login was denied on the page where it was to be approved.');
  return openFor(deps, answer, request);
}

/**
 * `POST /.sallyport/api/v1/device/token`: asks whether the login was approved, and becomes a session if so (RFC 8628,
 * 3.4).
 */
export function redeemDeviceCode(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    requireProgram(request);
    const outcome = await redeem(deps, request);
    response.setHeader('pragma', 'no-cache');
    if ('token' in outcome) return tokenAnswer(response, outcome, deps.now());
    if (outcome.error === 'expired_token') {
      deps.events.failed({
        path,
        problem: { code: 'login-failed', detail: `${outcome.error}: ${outcome.error_description}` },
        facts: readClientFacts(request),
        code: 400,
      });
    }
    response.status(400).json(outcome);
  };
}
