import { ProblemError } from '@sallyport/kit';
import type { LoginSettings } from './login-settings.ts';
import { challengePattern } from './pkce.ts';
import { isAllowedRedirect } from './redirect-uri.ts';
import { defaultReturnPath, isAllowedReturnPath } from './return-path.ts';
import type { LoginGoal } from './transaction.ts';

const bad = (detail: string) => new ProblemError('bad-request', detail);

function cliGoal(query: URLSearchParams, redirectUri: string, settings: LoginSettings): LoginGoal {
  if (!isAllowedRedirect(redirectUri, settings.redirects)) {
    throw bad('redirect_uri is not allowed: it must be http://127.0.0.1:<port>/... or http://[::1]:<port>/..., or one that login.redirects lists.');
  }
  const state = query.get('state');
  if (state === null || !/^[\x21-\x7e]{8,512}$/.test(state)) throw bad('state is missing or unfit: 8 to 512 printable characters.');
  if (query.get('code_challenge_method') !== 'S256') throw bad('code_challenge_method must be S256 (RFC 7636).');
  const codeChallenge = query.get('code_challenge');
  if (codeChallenge === null || !challengePattern.test(codeChallenge)) throw bad('code_challenge is missing or is no SHA-256 in base64url (RFC 7636).');
  return { kind: 'cli', redirectUri, state, codeChallenge };
}

/** What a login is to lead to; refuses (`bad-request`) anything that could lead elsewhere. */
export function readLoginRequest(query: URLSearchParams, settings: LoginSettings): LoginGoal {
  const redirectUri = query.get('redirect_uri');
  const returnTo = query.get('return_to');
  if (redirectUri !== null && returnTo !== null) throw bad('Give redirect_uri (a program) or return_to (a browser), not both.');
  if (redirectUri !== null) return cliGoal(query, redirectUri, settings);
  if (returnTo !== null && !isAllowedReturnPath(returnTo)) throw bad('return_to must be the path of one of the gateway\'s own pages.');
  return { kind: 'browser', returnTo: returnTo ?? defaultReturnPath };
}
