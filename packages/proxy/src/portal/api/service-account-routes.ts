import { assignNamesRequestSchema, serviceAccountRequestSchema } from '@sallyport/contracts';
import { callerHeader, encodeCaller, spanOf, type Caller } from '@sallyport/kit';
import type { Express, Request } from 'express';
import { requirePerson } from './agent-routes.ts';
import type { createAuditedCall } from '../calls/audited-call.ts';
import type { OwnApiDeps } from '../calls/portal-deps.ts';
import { parseAs, readJsonBody, searchOf } from '../calls/read-body.ts';

const maxBodyBytes = 32 * 1024;

/**
 * Mounts `<prefix>/service-accounts`: to create one, to list those that the caller may see, and to end one. Mounts
 * `<prefix>/service-account-names`: to list the names that the caller may see, to give them to those who had them, and to
 * free one.
 */
export function mountServiceAccounts(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  deps: OwnApiDeps,
): void {
  const ask = (request: Request, caller: Caller, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => {
    requirePerson(caller);
    return deps.authenticate.request({
      method,
      path: `/v1/${path}`,
      headers: { [callerHeader]: encodeCaller(caller) },
      ...(body === undefined ? {} : { body }),
      timeoutMs: 10_000,
      span: spanOf(request),
    });
  };
  app.get(
    `${prefix}/service-accounts`,
    call('machines', async (request, caller) => ask(request, caller, 'GET', `service-accounts${searchOf(request)}`)),
  );
  app.post(
    `${prefix}/service-accounts`,
    call('machines', async (request, caller, { credential, clientAddress }) => {
      requirePerson(caller);
      const asked = parseAs(serviceAccountRequestSchema, await readJsonBody(request, maxBodyBytes));
      const { reservedName } = await deps.findCaller(request, credential, clientAddress, 'machines', asked.name);
      return ask(request, caller, 'POST', `service-accounts${reservedName ? '?reserved=true' : ''}`, asked);
    }),
  );
  app.delete(
    `${prefix}/service-accounts/:id`,
    call('machines', async (request, caller) =>
      ask(request, caller, 'DELETE', `service-accounts/${encodeURIComponent(String(request.params.id))}`),
    ),
  );
  const names = 'service-account-names';
  app.get(
    `${prefix}/${names}`,
    call('machines', async (request, caller) => ask(request, caller, 'GET', `${names}${searchOf(request)}`)),
  );
  app.post(
    `${prefix}/${names}`,
    call('machines', async (request, caller) =>
      ask(request, caller, 'POST', names, parseAs(assignNamesRequestSchema, await readJsonBody(request, maxBodyBytes))),
    ),
  );
  app.delete(
    `${prefix}/${names}/:name`,
    call('machines', async (request, caller) =>
      ask(request, caller, 'DELETE', `${names}/${encodeURIComponent(String(request.params.name))}`),
    ),
  );
}
