import type { Impersonation } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Step } from '../exchange/exchange.ts';

/** Encodes a name in UTF-8, one character per byte, as Node writes header values. */
function headerBytes(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f)
      throw new ProblemError(
        'forbidden',
        'Your identity contains a control character and cannot be sent to a cluster.',
      );
  }
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Encodes the key of an extra for a header name: percent-encoded and in lower case, as Kubernetes reads it. */
function extraKey(key: string): string {
  return encodeURIComponent(key.toLowerCase());
}

/** Returns the impersonation headers, flat. Groups are never joined on one line, because a name may contain a comma. */
function impersonationHeaders(impersonation: Impersonation): string[] {
  const lines = [
    'Impersonate-User',
    headerBytes(impersonation.user),
    'Impersonate-Uid',
    headerBytes(impersonation.uid),
  ];
  for (const group of impersonation.groups) lines.push('Impersonate-Group', headerBytes(group));
  for (const [key, values] of Object.entries(impersonation.extra)) {
    for (const value of values) lines.push(`Impersonate-Extra-${extraKey(key)}`, headerBytes(value));
  }
  return lines;
}

/**
 * Refuses `system:` names that the cluster does not list. This is the last check before anything goes upstream: anyone
 * who can impersonate any `system:` name is close to cluster-admin.
 */
function refuseSystemNames(impersonation: Impersonation, allowed: ReadonlySet<string>): void {
  for (const name of [impersonation.user, ...impersonation.groups]) {
    if (/^\s*system:/i.test(name) && !allowed.has(name))
      throw new ProblemError(
        'forbidden',
        `The name ${name} must not be sent to this cluster (impersonate.allowSystem does not list it).`,
      );
  }
}

/**
 * Creates the step that builds the upstream headers: allow-listed client headers, the user's identity, the audit id and
 * the gateway's credential for the cluster.
 */
export function createImpersonate(): Step {
  return (exchange) => {
    const { answer, upstream, headers } = exchange;
    const impersonation = answer?.decision.effect === 'allow' ? answer.impersonation : undefined;
    if (!impersonation || !upstream || !headers || impersonation.user.trim() === '')
      throw new ProblemError('unauthenticated', 'The request has no identity.');
    refuseSystemNames(impersonation, upstream.allowSystem);
    const authorization = upstream.authorization();
    const lines = headers.forward;
    lines.push(...impersonationHeaders(impersonation), 'Audit-ID', exchange.auditId);
    if (authorization !== undefined) lines.push('Authorization', authorization);
    exchange.upstreamHeaders = lines;
  };
}
