import { hashToken, ProblemError, spanOf, toProblem } from '@sallyport/kit';
import type { Request, RequestHandler } from 'express';
import { holdBody } from '../calls/read-body.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { createRecordRefusal } from '../calls/api-events.ts';

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const typeOf = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;
const subjectTypes = [typeOf('jwt'), typeOf('id_token')];
const maxBodyBytes = 16 * 1024;

type Refusal = { error: 'invalid_request' | 'invalid_target' | 'invalid_scope'; error_description: string };

const refusal = (error_description: string, error: Refusal['error'] = 'invalid_request'): Refusal => ({
  error,
  error_description,
});

/** Reads the token that is exchanged. What the gateway does not offer is refused, and not left out. */
function readSubject(fields: URLSearchParams): string | Refusal {
  const [token, type, requested] = ['subject_token', 'subject_token_type', 'requested_token_type'].map((name) =>
    fields.getAll(name),
  );
  if (token?.length !== 1 || type?.length !== 1 || requested!.length > 1)
    return refusal('subject_token and subject_token_type must each appear once.');
  if (!subjectTypes.includes(type[0]!)) return refusal(`subject_token_type must be ${subjectTypes.join(' or ')}.`);
  if (requested!.length === 1 && requested![0] !== typeOf('access_token'))
    return refusal(`requested_token_type can only be ${typeOf('access_token')}.`);
  if (fields.has('actor_token')) return refusal('The gateway takes no actor_token.');
  if (fields.has('resource') || fields.has('audience'))
    return refusal('The token is for this gateway only. Leave resource and audience out.', 'invalid_target');
  if (fields.has('scope'))
    return refusal('There are no scopes: policies decide what the token may do.', 'invalid_scope');
  return token[0]!;
}

/** Reads the form of a request. Returns undefined for a body of another type. */
async function readForm(request: Request): Promise<URLSearchParams | undefined> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) return undefined;
  return new URLSearchParams((await holdBody(request, maxBodyBytes)).toString('utf8'));
}

/**
 * `POST /.sallyport/token` with the token of a workload: exchanges it for a token of the gateway (RFC 8693). That happens
 * here, because only the gateway can ask clusters for their keys. Every other request has the code of a login, and is left
 * to the service authenticate.
 */
export function exchangeToken(deps: PortalDeps): RequestHandler {
  const { workloads } = deps;
  if (!workloads) return (_request, _response, next) => next();
  const recordRefusal = createRecordRefusal(deps);
  const exchange = async (request: Request, token: string) => {
    if (!workloads.mayBe(token))
      throw new ProblemError('unauthenticated', 'No workload of this gateway has the issuer of this token.');
    const presented = { token, hash: hashToken(token), clientAddress: deps.clientAddress(request), request };
    return workloads.exchange(presented, spanOf(request));
  };
  return async (request, response, next) => {
    const fields = await readForm(request);
    if (fields?.getAll('grant_type').join() !== grantType) return next();
    response.setHeader('pragma', 'no-cache');
    const refuse = (body: Refusal) => {
      recordRefusal(request, new ProblemError('bad-request', `${body.error}: ${body.error_description}`));
      response.status(400).json(body);
    };
    const token = readSubject(fields);
    if (typeof token !== 'string') return refuse(token);
    try {
      const exchanged = await exchange(request, token);
      response.json({
        access_token: exchanged.token,
        issued_token_type: typeOf('access_token'),
        token_type: 'Bearer',
        expires_in: Math.max(0, Math.floor((exchanged.session.expiresAt - Date.now()) / 1000)),
      });
    } catch (error) {
      const { code, detail } = toProblem(error);
      // RFC 8693, 2.2.2: a token that is invalid for any reason is an invalid request.
      if (code === 'unauthenticated') return refuse(refusal(detail));
      recordRefusal(request, error);
      throw error;
    }
  };
}
