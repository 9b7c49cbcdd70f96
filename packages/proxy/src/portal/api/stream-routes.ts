import { streamFilterSchema, type EndStreamRequest, type StreamListRequest } from '@sallyport/contracts';
import { callerHeader, encodeCaller, ProblemError, type Caller } from '@sallyport/kit';
import type { Express, Request } from 'express';
import type { createAuditedCall } from '../calls/audited-call.ts';
import type { OwnApiDeps } from '../calls/portal-deps.ts';

/** Every gateway has a second to answer. Authorize and Redis need time in addition. */
const timeoutMs = 4000;

const known = ['ended', 'all', 'user', 'cluster', 'session'];

function flag(value: unknown, name: string): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false')
    throw new ProblemError('bad-request', `${name} must be true or false.`);
  return value === 'true';
}

/** Reads the query of a list. Refuses unknown parameters, because an ignored filter would show too much. */
function readListQuery({ query }: Request): StreamListRequest {
  const unknown = Object.keys(query).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ProblemError('bad-request', `Unknown parameter. A list of streams accepts ${known.join(', ')}.`);
  const { ended, all, ...rest } = query;
  const where = streamFilterSchema.safeParse(rest);
  if (!where.success)
    throw new ProblemError('bad-request', 'user, cluster and session each accept one value of 1 to 1024 characters.');
  return { ended: flag(ended, 'ended'), all: flag(all, 'all'), where: where.data };
}

/**
 * Mounts `<prefix>/streams`: the open or ended streams of all gateways, and the end of one of them. Callers see and end
 * their own. Callers with the right in `api.policy.sessions` can see and end those of all users.
 */
export function mountStreams(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  { authorize }: Pick<OwnApiDeps, 'authorize'>,
): void {
  const ask = (path: string, caller: Caller, body: unknown) =>
    authorize.request({
      method: 'POST',
      path,
      headers: { [callerHeader]: encodeCaller(caller) },
      body,
      timeoutMs,
    });
  app.get(
    `${prefix}/streams`,
    call('sessions', (request, caller) => ask('/v1/streams', caller, readListQuery(request))),
  );
  app.delete(
    `${prefix}/streams/:id`,
    call('sessions', (request, caller) =>
      ask('/v1/streams/end', caller, { stream: String(request.params.id) } satisfies EndStreamRequest),
    ),
  );
}
