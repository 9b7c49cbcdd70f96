import { agentRequestSchema, isLogin, type agentCallSchema } from '@sallyport/contracts';
import { callerHeader, encodeCaller, ProblemError, spanOf, type Caller } from '@sallyport/kit';
import type { Express, Request } from 'express';
import type { z } from 'zod';
import type { createAuditedCall } from '../calls/audited-call.ts';
import type { OwnApiDeps } from '../calls/portal-deps.ts';
import { parseAs, readJsonBody, searchOf } from '../calls/read-body.ts';

const maxBodyBytes = 16 * 1024;

/** Refuses a caller who is not a person: a program makes no credentials for other programs. */
export function requirePerson({ session }: Caller): void {
  if (!isLogin(session))
    throw new ProblemError(
      'forbidden',
      `Only a person who has logged in can do this, and this credential is of the kind "${session.kind}". Run "sallyport login".`,
    );
}

/**
 * Mounts `<prefix>/agents`: to create one, to list those that the caller may see, and to end one. A body in JSON is
 * needed to create one, which no form of another site sends.
 */
export function mountAgents(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  deps: OwnApiDeps,
): void {
  const ask = (request: Request, caller: Caller, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) =>
    deps.authenticate.request({
      method,
      path,
      headers: { [callerHeader]: encodeCaller(caller) },
      ...(body === undefined ? {} : { body }),
      timeoutMs: 10_000,
      span: spanOf(request),
    });
  app.get(
    `${prefix}/agents`,
    call('machines', (request, caller) => ask(request, caller, 'GET', `/v1/agents${searchOf(request)}`)),
  );
  app.post(
    `${prefix}/agents`,
    call('machines', async (request, caller, { credential }) => {
      requirePerson(caller);
      const asked = parseAs(agentRequestSchema, await readJsonBody(request, maxBodyBytes));
      const body: z.input<typeof agentCallSchema> = { asked, tokenHash: credential.hash };
      return ask(request, caller, 'POST', '/v1/agents', body);
    }),
  );
  app.delete(
    `${prefix}/agents/:id`,
    call('machines', (request, caller) =>
      ask(request, caller, 'DELETE', `/v1/agents/${encodeURIComponent(String(request.params.id))}`),
    ),
  );
}
