import type { CheckedRequest, ElevationCall } from '@sallyport/contracts';
import type { Request } from 'express';
import { readHost } from '../headers/read-host.ts';
import type { ApiContext, ApiResult } from './audited-call.ts';
import type { OwnApiDeps } from './own-api-deps.ts';

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
