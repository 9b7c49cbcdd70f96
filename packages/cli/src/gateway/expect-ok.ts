import { fieldOf } from '../input/field-of.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { GatewayAnswer } from './gateway-client.ts';

const text = (body: unknown, field: string): string | undefined => {
  const value = fieldOf(body, field);
  return typeof value === 'string' && value !== '' ? value.slice(0, 2000) : undefined;
};

/** What a gateway said about a refusal: problem+json (RFC 9457) or an OAuth error (RFC 6749 section 5.2). */
export function saidBy(body: unknown): string | undefined {
  return text(body, 'detail') ?? text(body, 'error_description') ?? text(body, 'title') ?? text(body, 'error');
}

/** The error for a person whom the gateway does not know (any more); with its words, where it says why. */
export function notLoggedIn(origin: string, said?: string): CliError {
  return new CliError(
    'not-logged-in',
    `you are not logged in to ${origin}, or your session has ended${said === undefined ? '' : `: ${said}`}`,
    `Log in: sallyport login --gateway ${origin}`,
  );
}

/** Returns the body of a 2xx answer; any other becomes a CliError of the fitting exit code. */
export function expectOk(answer: GatewayAnswer, origin: string): unknown {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const said = saidBy(body);
  if (status === 401) throw notLoggedIn(origin, said);
  const tail = said === undefined ? '' : `: ${said}`;
  if (status === 403)
    throw new CliError(
      'refused',
      `the gateway does not allow this${tail}`,
      'Ask whoever runs the gateway for access (api.policy).',
    );
  if (status === 404)
    throw new CliError(
      'refused',
      `the gateway knows no such thing${tail}`,
      'Check the name; what is not yours is hidden in the same way.',
    );
  if (status === 400)
    throw new CliError(
      'usage',
      `the gateway does not understand the request${tail}`,
      'Check the values that you gave.',
    );
  if (status === 429)
    throw new CliError('unreachable', `the gateway is asked too often${tail}`, 'Wait a little and try again.');
  if (status >= 500)
    throw new CliError(
      'unreachable',
      `the gateway is not ready (${status})${tail}`,
      'Try again; if it stays, tell whoever runs the gateway.',
    );
  throw new CliError(
    'unreachable',
    `the gateway answered ${status}${tail}`,
    `Is ${origin} the address of a Sallyport gateway?`,
  );
}
