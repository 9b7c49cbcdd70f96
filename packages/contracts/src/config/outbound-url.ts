import * as z from 'zod/mini';
import { about } from '../text/about.ts';

const maxUrl = 2048;

/** Parses a URL without throwing. The messages of faults never contain one, because its path or query can be a secret. */
export const parseUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** The URL of a server that the gateway calls, which can contain a secret in its path or query. */
export const outboundUrlSchema = z.string().check(
  z.maxLength(maxUrl),
  z.refine((text) => {
    const url = parseUrl(text);
    return url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash;
  }, 'not an https URL without user, password and fragment'),
);

/** The settings of a call over the network, to a server or a receiver. */
export const overNetwork = (whom: string) => ({
  caFile: about(
    'Trust only these certificate authorities (PEM). The default is the public ones.',
    z.nullish(z.string()),
  ),
  allowInsecure: about(
    `Allow a ${whom} without TLS. Only for one on this machine, or in a cluster that encrypts its traffic.`,
    z._default(z.boolean(), false),
  ),
});

const clear: Readonly<Record<string, string>> = {
  'http:': 'must begin with https; set allowInsecure: true only for a server on this machine or in the same cluster',
};

/** Reports a URL without TLS, unless it is allowed. */
export function refuseClear(
  { url, allowInsecure }: { url: string; allowInsecure: boolean },
  context: z.core.$RefinementCtx,
): void {
  const message = clear[parseUrl(url)?.protocol ?? ''];
  if (message !== undefined && !allowInsecure) context.addIssue({ code: 'custom', path: ['url'], message });
}
