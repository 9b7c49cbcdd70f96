import { ProblemError } from '@sallyport/kit';
import type { LoginSettings } from '../http/login-settings.ts';
import type { LoginRequirements } from '../providers/client/provider-client.ts';
import type { LoginGoal } from './pending-login.ts';
import { challengePattern } from './pkce.ts';
import {
  isAllowedPomeriumRedirect,
  isAllowedRedirect,
  pasteRedirect,
  defaultReturnPath,
  isAllowedReturnPath,
} from './redirect-uri.ts';

const bad = (detail: string) => new ProblemError('bad-request', detail);

function checkRedirect(uri: string, settings: LoginSettings): void {
  if (uri === pasteRedirect) {
    if (!settings.paste)
      throw new ProblemError('forbidden', 'Logins with a pasted code are disabled here (login.paste).');
  } else if (!isAllowedRedirect(uri, settings.redirects)) {
    throw bad(
      'redirect_uri is not allowed. It must be http://127.0.0.1:<port>/..., http://[::1]:<port>/..., or listed in login.redirects.',
    );
  }
}

function cliGoal(query: URLSearchParams, redirectUri: string, settings: LoginSettings): LoginGoal {
  checkRedirect(redirectUri, settings);
  const state = query.get('state');
  if (state === null || !/^[\x21-\x7e]{8,512}$/.test(state)) throw bad('state must be 8 to 512 printable characters.');
  if (query.get('code_challenge_method') !== 'S256') throw bad('code_challenge_method must be S256 (RFC 7636).');
  const codeChallenge = query.get('code_challenge');
  if (codeChallenge === null || !challengePattern.test(codeChallenge))
    throw bad('code_challenge must be a SHA-256 hash in base64url (RFC 7636).');
  const until = query.get('waits_until');
  if (until !== null && !/^\d{1,12}$/.test(until)) throw bad('waits_until must be a time in seconds since the epoch.');
  return { kind: 'cli', redirectUri, state, codeChallenge, ...(until === null ? {} : { waitsUntil: Number(until) }) };
}

function pomeriumGoal(redirectUri: string, settings: LoginSettings): LoginGoal {
  if (!settings.pomerium)
    throw new ProblemError('forbidden', 'Logins of Pomerium clients are disabled here (login.pomerium).');
  if (!isAllowedPomeriumRedirect(redirectUri, settings.redirects))
    throw bad(
      'pomerium_redirect_uri is not allowed. Its host must be a loopback host, or the URI must be listed in login.redirects.',
    );
  return { kind: 'pomerium', redirectUri };
}

function browserGoal(returnTo: string | null): LoginGoal {
  if (returnTo !== null && !isAllowedReturnPath(returnTo))
    throw bad("return_to must be the path of one of the gateway's own pages.");
  return { kind: 'browser', returnTo: returnTo ?? defaultReturnPath };
}

/** Reads the goal of a login. Refuses (`bad-request`) goals that could lead to another site. */
export function readLoginRequest(query: URLSearchParams, settings: LoginSettings): LoginGoal {
  const goals = ['redirect_uri', 'return_to', 'user_code', 'pomerium_redirect_uri'].filter((name) => query.has(name));
  if (goals.length > 1)
    throw bad(
      'Send only one of redirect_uri (program), return_to (browser), user_code (device) and pomerium_redirect_uri.',
    );
  const value = query.get(goals[0] ?? '') ?? '';
  if (goals[0] === 'redirect_uri') return cliGoal(query, value, settings);
  if (goals[0] === 'pomerium_redirect_uri') return pomeriumGoal(value, settings);
  if (goals[0] !== 'user_code') return browserGoal(query.get('return_to'));
  if (!settings.device) throw new ProblemError('not-found', 'Device logins are disabled here (login.device).');
  return { kind: 'device' };
}

const maxAgeLimit = 31_536_000;
const maxClasses = 10;

/**
 * Reads how recently (`max_age`, in seconds) and how strongly (`acr_values`) the user must be authenticated (OpenID
 * Connect Core 3.1.2.1). Refuses (`bad-request`) ambiguous values.
 */
export function readLoginRequirements(query: URLSearchParams, begunAt: number): LoginRequirements {
  const age = query.get('max_age');
  const classes = query.get('acr_values');
  if (age !== null && (!/^\d{1,8}$/.test(age) || Number(age) > maxAgeLimit))
    throw new ProblemError('bad-request', `max_age must be a number of seconds, at most ${maxAgeLimit}.`);
  const acrValues = classes === null ? [] : classes.split(' ');
  if (acrValues.length > maxClasses || acrValues.some((name) => !/^[\x21-\x7e]{1,200}$/.test(name)))
    throw new ProblemError(
      'bad-request',
      `acr_values must be 1 to ${maxClasses} class names, separated by single spaces.`,
    );
  return { acrValues, begunAt, ...(age === null ? {} : { maxAge: Number(age) }) };
}
