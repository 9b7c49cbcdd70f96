import { hashToken, ProblemError, readBody, toProblem } from '@sallyport/kit';
import type { Request, RequestHandler } from 'express';
import { createRecordRefusal } from './with-caller.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import { holdBody } from './held-body.ts';

const maxBody = 16 * 1024;
const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const form = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** Returns the subject token of a token exchange (RFC 8693). Undefined if there is not exactly one. */
function subjectOf(body: Buffer): string | undefined {
  const fields = new URLSearchParams(body.toString('utf8'));
  const [token, ...more] = fields.getAll('subject_token');
  return fields.get('grant_type') === grantType && more.length === 0 ? token : undefined;
}

/**
 * Begins the session of the token that a workload wants to exchange, before authenticate gets the request: only the
 * proxy can ask clusters for their keys. Every other request passes unchanged.
 */
export function beginSubject(deps: OwnApiDeps): RequestHandler {
  const recordRefusal = createRecordRefusal(deps);
  const begin = async (request: Request, token: string) => {
    const clientAddress = deps.clientAddress(request);
    await deps.workloads!.begin({ token, hash: hashToken(token), clientAddress, request });
  };
  return async (request, response, next) => {
    if (!deps.workloads || request.method !== 'POST' || !form.test(request.headers['content-type'] ?? ''))
      return next();
    const body = await readBody(request, maxBody);
    holdBody(request, body);
    const token = subjectOf(body);
    if (token === undefined || !deps.workloads.mayBe(token)) return next();
    try {
      await begin(request, token);
    } catch (error) {
      const { status, detail } = toProblem(error);
      recordRefusal(request, error);
      const isOutage = status >= 500 || (error instanceof ProblemError && error.code === 'too-many-requests');
      response
        .status(isOutage ? status : 400)
        .json({ error: isOutage ? 'temporarily_unavailable' : 'invalid_request', error_description: detail });
      return;
    }
    next();
  };
}
