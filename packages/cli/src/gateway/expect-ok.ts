import { fieldOf } from '../input/untrusted.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { credentialRejected, type GatewayAnswer } from './gateway-client.ts';
import { shellWord } from '../terminal/for-terminal.ts';
import type { Environment } from '../environment/environment.ts';

const text = (body: unknown, field: string): string | undefined => {
  const value = fieldOf(body, field);
  return typeof value === 'string' && value !== '' ? value.slice(0, 2000) : undefined;
};

/** Returns the explanation in an error response: problem+json (RFC 9457) or an OAuth error (RFC 6749 section 5.2). */
export function errorDetail(body: unknown): string | undefined {
  return text(body, 'detail') ?? text(body, 'error_description') ?? text(body, 'title') ?? text(body, 'error');
}

/** Returns the error for a user who is not, or no longer, logged in. `detail` is the gateway's own explanation. */
export function notLoggedIn(origin: string, detail?: string): CliError {
  return new CliError(
    'not-logged-in',
    `you are not logged in to ${origin}, or your session has ended${detail === undefined ? '' : `: ${detail}`}`,
    `To log in, run: sallyport login --gateway ${shellWord(origin)}`,
  );
}

/** Returns the body of a 2xx answer. Throws a CliError with the matching exit code for any other. */
export function expectOk(answer: GatewayAnswer, origin: string): unknown {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const detail = errorDetail(body);
  if (credentialRejected(answer)) throw notLoggedIn(origin, detail);
  const tail = detail === undefined ? '' : `: ${detail}`;
  if (status === 401)
    throw new CliError(
      'refused',
      `a server behind or in front of the gateway asked for another login (401)${tail}`,
      'Your login at the gateway is kept. Tell the operator of the gateway.',
    );
  if (status === 403)
    throw new CliError(
      'refused',
      `the gateway does not allow this${tail}`,
      'Ask the operator of the gateway for access (api.policy).',
    );
  if (status === 404)
    throw new CliError(
      'refused',
      `not found${tail}`,
      'Check the name. The gateway gives the same answer for what you may not see.',
    );
  if (status === 400)
    throw usageError(`the gateway did not accept the request${tail}`, 'Check the values of your options.');
  if (status === 409)
    throw new CliError('refused', `this cannot be done now${tail}`, 'Look at what is there first, and decide again.');
  if (status === 429)
    throw new CliError('unreachable', `too many requests to the gateway${tail}`, 'Wait a moment and try again.');
  if (status >= 500)
    throw new CliError(
      'unreachable',
      `the gateway is not ready (${status})${tail}`,
      'Try again. If this persists, tell the operator of the gateway.',
    );
  throw new CliError(
    'unreachable',
    `the gateway answered ${status}${tail}`,
    `Check that ${origin} is the address of a Sallyport gateway.`,
  );
}

/** Tells the user if the gateway says that the audit log has not recorded yet what it did (`recorded: false`). */
export function noteUnrecorded({ stderr }: Pick<Environment, 'stderr'>, body: unknown): void {
  if (typeof body !== 'object' || body === null || (body as { recorded?: unknown }).recorded !== false) return;
  stderr.write('The audit log could not record this yet. The gateway keeps the event and records it later.\n');
}
