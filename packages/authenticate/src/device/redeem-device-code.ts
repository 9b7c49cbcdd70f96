import type { Request, RequestHandler } from 'express';
import { readClientFacts } from '@sallyport/kit';
import { requireProgram, readField } from '../http/read-request.ts';
import { openSession } from '../session/open-session.ts';
import { answerTokenRequest, type Opened, refuse, type TokenRefusal } from '../session/token-response.ts';
import { answerSchema, deviceKinds, deviceSchema, pollIntervalS, type DeviceAnswer } from './device-authorization.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const path = '/.sallyport/api/v1/device/token';
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
/** Below the interval, because a request may take less time to arrive than the one before it. */
const minPauseMs = pollIntervalS * 1000 - 1000;

const expired = () => refuse('expired_token', 'The device code is unknown, expired or already used. Log in again.');

/** The user has not answered yet. A program that polls too often is told to slow down. */
async function pendingResponse({ singleUse }: HandlerDeps, deviceCode: string): Promise<TokenRefusal> {
  const inTime = await singleUse.claim(deviceKinds.poll, deviceCode, true, minPauseMs);
  return inTime
    ? refuse('authorization_pending', 'This login has not been approved yet.')
    : refuse('slow_down', 'Poll less often: wait five seconds longer between requests.');
}

async function openApprovedSession(
  deps: HandlerDeps,
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

async function redeem(deps: HandlerDeps, request: Request): Promise<Opened | TokenRefusal> {
  const { singleUse } = deps;
  const grant = readField(request.body, 'grant_type');
  const deviceCode = readField(request.body, 'device_code');
  if (grant !== undefined && grant !== grantType)
    return refuse('unsupported_grant_type', `Only the grant type ${grantType} is supported.`);
  if (grant === undefined || deviceCode === undefined)
    return refuse('invalid_request', 'grant_type and device_code must each appear once.');
  deps.events.requireRoom();
  const { data: device } = deviceSchema.safeParse(await singleUse.read(deviceKinds.device, deviceCode));
  if (!device) return expired();
  const { data: answer } = answerSchema.safeParse(await singleUse.take(deviceKinds.answer, device.id));
  if (!answer) return pendingResponse(deps, deviceCode);
  await singleUse.take(deviceKinds.device, deviceCode);
  if (answer.answer === 'denied') return refuse('access_denied', 'The login was denied on the approval page.');
  return openApprovedSession(deps, answer, request);
}

/** `POST /.sallyport/api/v1/device/token`: exchanges an approved device code for a session (RFC 8628, 3.4). */
export function redeemDeviceCode(deps: HandlerDeps): RequestHandler {
  return answerTokenRequest(
    deps,
    path,
    async (request) => {
      requireProgram(request);
      return redeem(deps, request);
    },
    ({ error }) => error === 'expired_token',
  );
}
