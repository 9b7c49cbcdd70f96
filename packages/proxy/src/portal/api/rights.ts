import type { ApiArea } from '@sallyport/contracts';
import type { Request } from 'express';
import type { ApiContext, ApiWork } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';

const areas = ['sessions', 'policy', 'elevations', 'machines'] as const satisfies ApiArea[];

/**
 * Asks whether the caller may see things of others in an area, or act on them. It does not count as use of their session.
 * Rejects with `unauthenticated`.
 */
export async function mayIn(
  { findCaller }: Pick<PortalDeps, 'findCaller'>,
  request: Request,
  { credential, clientAddress }: Pick<ApiContext, 'credential' | 'clientAddress'>,
  area: ApiArea,
): Promise<boolean> {
  const { caller } = await findCaller(request, credential, clientAddress, area, undefined, false);
  return caller.privileged;
}

/** Handles `GET .../rights`: where the caller may see more than their own things, so that a page asks only for that. */
export function createRights(deps: Pick<PortalDeps, 'findCaller'>): ApiWork {
  return async (request, _caller, context) => {
    const may = await Promise.all(areas.map((area) => mayIn(deps, request, context, area)));
    return { status: 200, body: { areas: areas.filter((_area, index) => may[index]) } };
  };
}
