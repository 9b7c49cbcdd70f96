import { apiPrefix, operationOf, type ApiCall } from '@sallyport/contracts/api';
import type { Express } from 'express';
import type { ApiWork, AuditedCall } from '../calls/audited-call.ts';

/** Mounts one call of the API. Each is audited, and has the area that its operation names. */
export type MountCall = (call: ApiCall, work: ApiWork, answer?: Parameters<AuditedCall>[2]) => void;

/** Creates what mounts calls of the API, which are those that its document describes. */
export function createMountCall(app: Express, audited: AuditedCall): MountCall {
  return (call, work, answer) => {
    const [method, path] = call.split(' ') as ['GET' | 'POST' | 'DELETE', string];
    const handler = audited(operationOf(call).area, work, answer);
    app[method.toLowerCase() as 'get' | 'post' | 'delete'](`${apiPrefix}${path}`, handler);
  };
}
