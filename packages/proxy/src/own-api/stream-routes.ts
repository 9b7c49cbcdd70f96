import { streamFilterSchema, type StreamListRequest } from '@sallyport/contracts';
import { callerHeader, encodeCaller, ProblemError } from '@sallyport/kit';
import type { Express, Request } from 'express';
import type { createAuditedCall } from './audited-call.ts';
import type { OwnApiDeps } from './own-api-deps.ts';

/** Every gateway is given a second to answer; authorize and Redis have their own time on top. */
const listTimeoutMs = 4000;

const known = ['ended', 'all', 'user', 'cluster', 'session'];

function flag(value: unknown, name: string): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false')
    throw new ProblemError('bad-request', `${name} must be true or false.`);
  return value === 'true';
}

/** Reads the query of a list; what is not understood is refused, for a filter that is ignored would show too much. */
function readListQuery({ query }: Request): StreamListRequest {
  const unknown = Object.keys(query).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ProblemError('bad-request', `A list of streams knows no such parameter; it takes ${known.join(', ')}.`);
  const { ended, all, ...rest } = query;
  const where = streamFilterSchema.safeParse(rest);
  if (!where.success)
    throw new ProblemError('bad-request', 'user, cluster and session each take one value of 1 to 1024 characters.');
  return { ended: flag(ended, 'ended'), all: flag(all, 'all'), where: where.data };
}

/**
 * `<prefix>/streams`: the open streams, or those that have ended, over all gateways; one's own, or everybody's for
 * those whom `api.policy.sessions` names.
 */
export function mountStreams(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  { authorize }: Pick<OwnApiDeps, 'authorize'>,
): void {
  app.get(
    `${prefix}/streams`,
    call('sessions', (request, caller) =>
      authorize.request({
        method: 'POST',
        path: '/v1/streams',
        headers: { [callerHeader]: encodeCaller(caller) },
        body: readListQuery(request),
        timeoutMs: listTimeoutMs,
      }),
    ),
  );
}
