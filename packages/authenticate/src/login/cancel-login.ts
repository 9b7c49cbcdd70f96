import type { RequestHandler } from 'express';
import { addressBlock } from '@sallyport/audit-log';
import { hashToken, ProblemError, readClientFacts } from '@sallyport/kit';
import { requireProgram } from '../http/fetch-site.ts';
import { readField } from '../http/read-field.ts';
import type { LoginDeps } from './login-deps.ts';
import { kinds, pendingLoginLifeMs } from './pending-login.ts';

/** Cancellations per address and window. A whole office may share one address. */
const maxCancellations = 300;
const windowMs = 600_000;
const verifierPattern = /^[A-Za-z0-9._~-]{43,128}$/;

/**
 * `POST /.sallyport/login/cancel`: a program no longer waits for the login that it started. Only that program knows the
 * code verifier (RFC 7636). The browser then ends on a page of ours.
 */
export function cancelLogin({ singleUse, monitor }: Pick<LoginDeps, 'singleUse' | 'monitor'>): RequestHandler {
  return async (request, response) => {
    requireProgram(request);
    const verifier = readField(request.body, 'code_verifier') ?? '';
    if (!verifierPattern.test(verifier))
      throw new ProblemError('bad-request', 'code_verifier must be the one of the login (RFC 7636).');
    const { clientAddress } = readClientFacts(request);
    const block = clientAddress === undefined ? 'unknown' : addressBlock(clientAddress);
    if ((await singleUse.count(kinds.cancelCount, block, windowMs)) > maxCancellations) {
      monitor.limited('pasted-codes', clientAddress);
      throw new ProblemError('too-many-requests', 'Too many logins were canceled from your address.');
    }
    await singleUse.put(kinds.canceled, hashToken(verifier), true, pendingLoginLifeMs);
    response.status(204).end();
  };
}
