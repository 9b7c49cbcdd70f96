import type { IncomingMessage } from 'node:http';
import { ProblemError, readCaller, readClientFacts } from '@sallyport/kit';
import { addressKey } from '../http/read-request.ts';
import { deviceAuthorizationSchema, deviceKinds, type DeviceAuthorization } from './device-authorization.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

type LimitDeps = Pick<HandlerDeps, 'singleUse' | 'monitor' | 'events'>;

const windowMs = 600_000;
/** Wrong codes per window, address and session. After that, correct codes are refused too. */
const maxWrong = 10;
/** Codes looked up per window, including correct ones. This bounds guesses that arrive at the same time. */
const maxLookups = 300;
/** Logins started per window and address. */
const maxStarted = 60;

function tooMany(
  { monitor }: LimitDeps,
  request: IncomingMessage,
  limit: 'device-logins' | 'device-codes',
): ProblemError {
  monitor.limited(limit, readClientFacts(request).clientAddress);
  return new ProblemError(
    'too-many-requests',
    'Too many codes were used from your address. Wait ten minutes and try again.',
  );
}

/** Returns the keys by which guesses are counted: the address and the session. */
function counterKeys(request: IncomingMessage): string[] {
  const caller = readCaller(request.headers);
  const { clientAddress } = readClientFacts(request);
  return [`address ${addressKey(clientAddress)}`, ...(caller ? [`session ${caller.session.id}`] : [])];
}

/** Refuses (`too-many-requests`) an address that starts more logins than anyone needs. */
export async function limitDeviceLogins(deps: LimitDeps, request: IncomingMessage): Promise<void> {
  const [address] = counterKeys(request);
  if ((await deps.singleUse.count(deviceKinds.started, address!, windowMs)) > maxStarted)
    throw tooMany(deps, request, 'device-logins');
}

/**
 * Looks up the pending device authorization of a user code. Returns undefined if there is none. After too many wrong
 * codes it refuses all of them (`too-many-requests`).
 */
export async function findDeviceAuthorization(
  deps: LimitDeps,
  request: IncomingMessage,
  code: string | undefined,
  path: string,
): Promise<DeviceAuthorization | undefined> {
  const { singleUse } = deps;
  for (const key of counterKeys(request)) {
    const lookups = await singleUse.count(deviceKinds.lookups, key, windowMs);
    if (lookups > maxLookups || Number((await singleUse.read(deviceKinds.wrongCodes, key)) ?? 0) >= maxWrong)
      throw tooMany(deps, request, 'device-codes');
  }
  const { data: authorization } = deviceAuthorizationSchema.safeParse(
    code === undefined ? undefined : await singleUse.read(deviceKinds.userCode, code),
  );
  if (authorization) return authorization;
  for (const key of counterKeys(request)) await singleUse.count(deviceKinds.wrongCodes, key, windowMs);
  deps.events.failed({
    path,
    problem: { code: 'not-found', detail: 'a user code that no device is waiting with' },
    facts: readClientFacts(request),
    code: 404,
  });
  return undefined;
}
