import type { SingleUseStore } from '@sallyport/stores';
import { ProblemError, hashToken, readClientFacts } from '@sallyport/kit';
import type { RequestHandler } from 'express';
import { addressKey, requireProgram, readField } from '../http/read-request.ts';
import { kinds, type LoginGoal, type LoginDeps, pendingLoginLifeMs } from './pending-login.ts';
import { pasteRedirect } from './redirect-uri.ts';

type WaitingDeps = { singleUse: Pick<SingleUseStore, 'read'>; now: () => number };

/** The longest time that a program may say it waits, in seconds. */
const longestWait = 3600;

/**
 * Replaces how long a program waits (`wait`, in seconds) by when it stops (`waits_until`), so that the clocks of both
 * need not agree. Drops a value that is not a number of seconds.
 */
export function withWaitsUntil(query: URLSearchParams, now: number): URLSearchParams {
  const result = new URLSearchParams(query);
  const wait = query.get('wait');
  result.delete('wait');
  if (wait !== null && /^\d{1,6}$/.test(wait))
    result.set('waits_until', String(Math.ceil(now / 1000) + Math.min(Number(wait), longestWait)));
  return result;
}

/**
 * Reports whether the program that waits on loopback has stopped waiting, because its time is over or it said so. A
 * browser that is redirected there would show that it cannot connect.
 */
export async function hasStoppedWaiting({ singleUse, now }: WaitingDeps, goal: LoginGoal): Promise<boolean> {
  if (goal.kind !== 'cli' || goal.redirectUri === pasteRedirect) return false;
  if (goal.waitsUntil !== undefined && now() > goal.waitsUntil * 1000) return true;
  return (await singleUse.read(kinds.canceled, goal.codeChallenge)) !== undefined;
}

/** Returns the problem of a login whose program has stopped waiting. */
export const noProgram = () =>
  new ProblemError('login-expired', 'The terminal that started this login no longer waits for it.');

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
    if ((await singleUse.count(kinds.cancelCount, addressKey(clientAddress), windowMs)) > maxCancellations) {
      monitor.limited('pasted-codes', clientAddress);
      throw new ProblemError('too-many-requests', 'Too many logins were canceled from your address.');
    }
    await singleUse.put(kinds.canceled, hashToken(verifier), true, pendingLoginLifeMs);
    response.status(204).end();
  };
}
