import { fieldOf } from '../input/untrusted.ts';
import { CliError, type ExitName } from '../terminal/cli-error.ts';
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

/**
 * What to do about an answer that says only what is wrong, or nothing. The gateway's own explanation of a wrong request
 * says what to change, so nothing is added to it.
 */
const adviceOf: Readonly<Record<number, { whenSaid?: string; whenNot: string }>> = {
  400: { whenNot: 'Check the values of your options.' },
  403: {
    whenSaid: 'Ask the operator of the gateway for access (api.policy).',
    whenNot: 'Ask the operator of the gateway for access (api.policy).',
  },
  404: { whenNot: 'Check the name. The gateway gives the same answer for what you may not see.' },
  409: { whenNot: 'Look at what is there first, and decide again.' },
  429: { whenNot: 'Wait a moment and try again.' },
};

/** Reports whether an explanation already says what to do: in a second sentence, or with a command. */
const advises = (detail: string) => /[.!] +\S|\bsallyport \w/.test(detail);

/** Returns the body of a 2xx answer. Throws a CliError with the matching exit code for any other. */
export function expectOk(answer: GatewayAnswer, origin: string): unknown {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const detail = errorDetail(body);
  if (credentialRejected(answer)) throw notLoggedIn(origin, detail);
  const tail = detail === undefined ? '' : `: ${detail}`;
  const advice =
    detail === undefined ? adviceOf[status]?.whenNot : advises(detail) ? undefined : adviceOf[status]?.whenSaid;
  const fault = (exit: ExitName, what: string, hint = advice) => new CliError(exit, `${what}${tail}`, hint);
  if (status === 401)
    throw fault(
      'refused',
      'a server behind or in front of the gateway asked for another login (401)',
      'Your login at the gateway is kept. Tell the operator of the gateway.',
    );
  if (status === 400) throw fault('usage', 'the gateway did not accept the request');
  if (status === 403) throw fault('refused', 'the gateway does not allow this');
  if (status === 404) throw fault('refused', 'not found');
  if (status === 409) throw fault('refused', 'this cannot be done now');
  if (status === 429) throw fault('unreachable', 'too many requests to the gateway');
  if (status >= 500)
    throw fault(
      'unreachable',
      `the gateway is not ready (${status})`,
      'Try again. If this persists, tell the operator of the gateway.',
    );
  throw fault(
    'unreachable',
    `the gateway answered ${status}`,
    `Check that ${origin} is the address of a Sallyport gateway.`,
  );
}

/** Tells the user if the gateway says that the audit log has not recorded yet what it did (`recorded: false`). */
export function noteUnrecorded({ stderr }: Pick<Environment, 'stderr'>, body: unknown): void {
  if (typeof body !== 'object' || body === null || (body as { recorded?: unknown }).recorded !== false) return;
  stderr.write('The audit log could not record this yet. The gateway keeps the event and records it later.\n');
}
