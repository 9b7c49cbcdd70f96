import {
  type CheckedRequest,
  type ElevationCall,
  elevationAnswerSchema,
  elevationListSchema,
  elevationOptionsSchema,
  type ElevationList,
  type ElevationOptions,
  type ElevationView,
} from '@sallyport/contracts';
import type { Request } from 'express';
import { ProblemError } from '@sallyport/kit';
import { readHost } from '../../headers/read-headers.ts';
import type { ApiContext, ApiResult } from './audited-call.ts';
import type { OwnApiDeps } from './portal-deps.ts';

/** A step waits until the audit log has acknowledged it. */
const timeoutMs = 15_000;

/** Leaves out of each call what is the same for all: who asks. */
type Distribute<Call> = Call extends unknown ? Omit<Call, 'credential' | 'request'> : never;
export type ElevationAction = Distribute<ElevationCall>;

function requestOf(request: Request, clientAddress: string): CheckedRequest {
  return {
    method: request.method,
    path: request.path,
    host: readHost(request.rawHeaders) ?? '',
    ip: clientAddress,
  };
}

/** Passes what a caller wants of elevations on to authorize, which decides by the caller's session. */
export type AskElevations = (
  request: Request,
  context: Pick<ApiContext, 'credential' | 'clientAddress'>,
  action: ElevationAction,
) => Promise<ApiResult>;

/** Creates the only way from the gateway's API and pages to elevations. */
export function createAskElevations({ authorize }: Pick<OwnApiDeps, 'authorize'>): AskElevations {
  return (request, { credential, clientAddress }, action) =>
    authorize.request({
      method: 'POST',
      path: '/v1/elevations',
      body: {
        credential: { kind: 'token', hash: credential.hash },
        request: requestOf(request, clientAddress),
        ...action,
      } as ElevationCall,
      timeoutMs,
    });
}

type From = Pick<ApiContext, 'credential' | 'clientAddress'>;

/** The calls of the pages, with their answers read. */
export type ElevationCalls = {
  /** Takes a step, or shows an elevation. Returns it as it is then. */
  one(request: Request, from: From, action: ElevationAction): Promise<ElevationView>;
  /** Lists the open elevations that the caller may see. */
  list(request: Request, from: From): Promise<ElevationList>;
  /** Lists what the caller may ask for. */
  options(request: Request, from: From): Promise<ElevationOptions>;
};

type Schema<T> = { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } };

function read<T>(schema: Schema<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ProblemError('service-unavailable', 'The elevations could not be read. Try again shortly.', {
    cause: parsed.error,
  });
}

/** Creates the calls of the pages, which are those of the API. */
export function createElevationCalls(ask: AskElevations): ElevationCalls {
  return {
    one: async (request, from, action) =>
      read(elevationAnswerSchema, (await ask(request, from, action)).body).elevation,
    list: async (request, from) =>
      read(elevationListSchema, (await ask(request, from, { action: 'list', all: false })).body),
    options: async (request, from) =>
      read(elevationOptionsSchema, (await ask(request, from, { action: 'options' })).body),
  };
}
