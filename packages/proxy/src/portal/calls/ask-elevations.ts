import {
  type ElevationCall,
  elevationAnswerSchema,
  elevationListSchema,
  elevationOptionsSchema,
} from '@sallyport/contracts';
import type { Request } from 'express';
import { requestFacts } from '../../authorize/describe-check.ts';
import type { ApiContext } from './audited-call.ts';
import type { PortalDeps } from './portal-deps.ts';
import { readAnswer, type Schema } from './read-body.ts';

/** A step waits until the audit log has acknowledged it, in milliseconds. */
export const stepMs = 15_000;

/** Leaves out of each call what is the same for all: who asks. */
type Distribute<Call> = Call extends unknown ? Omit<Call, 'credential' | 'request'> : never;
export type ElevationAction = Distribute<ElevationCall>;

type From = Pick<ApiContext, 'credential' | 'clientAddress'>;

/** What authorize is asked about elevations, which decides by the caller's session. */
export function elevationCall(
  request: Request,
  { credential, clientAddress }: From,
  action: ElevationAction,
): ElevationCall {
  return {
    credential: { kind: 'token', hash: credential.hash },
    request: requestFacts(request, clientAddress),
    ...action,
  } as ElevationCall;
}

/** Creates the calls of the pages, which are those of the API. */
export function createElevationCalls({ authorize }: Pick<PortalDeps, 'authorize'>) {
  const ask = async <T>(schema: Schema<T>, request: Request, from: From, action: ElevationAction): Promise<T> => {
    const body = elevationCall(request, from, action);
    const answer = await authorize.request({ method: 'POST', path: '/v1/elevations', body, timeoutMs: stepMs });
    return readAnswer(schema, answer, 'The elevations', { code: 'service-unavailable' });
  };
  return {
    /** Takes a step, or shows an elevation. Returns it as it is then. */
    one: async (request: Request, from: From, action: ElevationAction) =>
      (await ask(elevationAnswerSchema, request, from, action)).elevation,
    /** Lists the open elevations that the caller may see. */
    list: (request: Request, from: From) => ask(elevationListSchema, request, from, { action: 'list', all: false }),
    /** Lists what the caller may ask for. */
    options: (request: Request, from: From) => ask(elevationOptionsSchema, request, from, { action: 'options' }),
  };
}
export type ElevationCalls = ReturnType<typeof createElevationCalls>;
