import type { IncomingHttpHeaders, OutgoingHttpHeader } from 'node:http';
import { ProblemError } from '@sallyport/kit';

/** Schemes that authenticate a connection, and not a request (RFC 4559, 6; MS-NTHT). */
const ofConnections = new Set(['kerberos', 'nego2', 'negotiate', 'ntlm']);
const namesOne = new RegExp(`(?:^|,)\\s*(?:${[...ofConnections].join('|')})(?:[\\s,]|$)`, 'i');
/** Schemes whose credentials are good for one request: those that IANA lists, and two of common APIs. */
const ofRequests =
  /^(?:apikey|basic|bearer|concealed|digest|dpop|gnap|hoba|mutual|oauth|privatetoken|scram-sha-(?:1|256)|token|vapid) /i;
const isQuotedWell = /^(?:"(?:[^"\\]|\\.)*"|[^"])*$/;
const element = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
/** A scheme with or without what belongs to it. A parameter has an equals sign behind its name (RFC 9110, 11.3). */
const beginning = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[\t ]+(?![\t =])|$)/i;

/**
 * Refuses credentials for a connection. The gateway's connections to an application are shared by all users, so that the
 * application would take what another user sends next for a request of this one.
 */
export function refuseConnectionCredentials(authorization: readonly string[]): void {
  if (authorization.some((line) => namesOne.test(line)))
    throw new ProblemError(
      'bad-request',
      'Applications behind the gateway cannot use NTLM, Negotiate or Kerberos, which authenticate a connection.',
    );
}

/** Reports whether other requests may follow on the connection of one with this Authorization header. */
export function mayShareConnection(authorization: OutgoingHttpHeader | undefined): boolean {
  return authorization === undefined || [authorization].flat().every((line) => ofRequests.test(String(line)));
}

/** Returns the challenges of a WWW-Authenticate header without those for a connection. Undefined if none is left. */
export function passedChallenges(value: string): string | undefined {
  if (!/kerberos|nego|ntlm/i.test(value)) return value;
  if (!isQuotedWell.test(value)) return undefined;
  const kept: string[] = [];
  let passes = false;
  for (const [text] of value.matchAll(element)) {
    const part = text.trim();
    const scheme = beginning.exec(part)?.[1];
    if (scheme !== undefined) passes = !ofConnections.has(scheme.toLowerCase());
    if (passes && part !== '') kept.push(part);
  }
  return kept.length === 0 ? undefined : kept.join(', ');
}

/** Reports whether a response says that its connection is, or could be, authenticated. */
export function authenticatesConnection(headers: IncomingHttpHeaders): boolean {
  const challenges = headers['www-authenticate'];
  return (
    headers['persistent-auth'] !== undefined ||
    (challenges !== undefined && passedChallenges(challenges) !== challenges)
  );
}
