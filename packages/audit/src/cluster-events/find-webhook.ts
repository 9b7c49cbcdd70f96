import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Config } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/** How a cluster sends its own audit events. */
export type Webhook = NonNullable<Config['clusters'][number]['auditWebhook']>;

/** The header in which the proxy passes on the SHA-256 of the token, in base64url. The token itself it keeps. */
const tokenHeader = 'sallyport-webhook-token';
const nothing = Buffer.alloc(32);

/**
 * Creates what finds the webhook of a cluster. Throws `unauthenticated` unless the token is that of this cluster. A cluster
 * that does not exist, or has no webhook, is refused in the same way and takes the same time.
 */
export function createFindWebhook(clusters: Config['clusters']) {
  const webhooks = new Map(
    clusters.flatMap(({ name, auditWebhook }) => (auditWebhook ? [[name, auditWebhook] as const] : [])),
  );
  return ({ headers }: IncomingMessage, cluster: string): Webhook => {
    const given = headers[tokenHeader];
    const digest = typeof given === 'string' ? Buffer.from(given, 'base64url') : nothing;
    const presented = digest.length === 32 ? digest : nothing;
    const webhook = webhooks.get(cluster);
    let isRight = false;
    for (const hex of webhook?.tokenSha256 ?? [nothing.toString('hex')])
      isRight = timingSafeEqual(presented, Buffer.from(hex, 'hex')) || isRight;
    if (!webhook || !isRight || presented === nothing)
      throw new ProblemError(
        'unauthenticated',
        "This is not the token of this cluster's audit webhook. Make one with: sallyport audit webhook-token",
      );
    return webhook;
  };
}
