import * as z from 'zod/mini';
import { about } from '../text/about.ts';
import { listenSchema } from './address.ts';
import { parseUrl } from './outbound-url.ts';

/** Where Let's Encrypt issues certificates that every client trusts. */
const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory';
const maxDomains = 100;

const domainSchema = z
  .string()
  .check(
    z.maxLength(253),
    z.regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
      'not a host name (lower case, no port); a wildcard needs a challenge in the DNS, which the gateway does not have',
    ),
  );

const directorySchema = z.string().check(
  z.maxLength(2048),
  z.refine((text) => {
    const url = parseUrl(text);
    return url?.protocol === 'https:' && !url.username && !url.password && !url.hash;
  }, 'not an https URL without user, password and fragment'),
);

/** How the gateway requests its certificate by ACME (RFC 8555). */
export const acmeSchema = z.strictObject({
  directory: about(
    "The URL of the ACME server's directory. The default is that of Let's Encrypt.",
    z._default(directorySchema, letsEncrypt),
  ),
  caFile: about(
    'The CA of the ACME server itself, PEM, if it is a private one such as step-ca. The default is the CAs that Node.js trusts.',
    z.nullish(z.string().check(z.minLength(1))),
  ),
  agreeToTerms: about(
    'Whether you agree to the terms of service of the ACME server. It must be true.',
    z.literal(true, 'must be true: the ACME server issues certificates only to those who agree to its terms'),
  ),
  email: about(
    'An address for messages of the ACME server about the account. It is sent when the account is created.',
    z.nullish(z.string().check(z.maxLength(254), z.regex(/^[!-?A-~]+@[!-?A-~]+$/, 'not an email address'))),
  ),
  domains: about(
    'The names in the certificate. The default is the host of gateway.url, each clusters[].host, and the host of each https route without a certificate of its own.',
    z.nullish(z.array(domainSchema).check(z.minLength(1), z.maxLength(maxDomains))),
  ),
  challenge: about(
    'How the gateway proves that a name leads to it: tls-alpn-01, for which gateway.listen must be reachable on port 443 of the name, or http-01, for which httpListen must be reachable on port 80.',
    z._default(z.enum(['tls-alpn-01', 'http-01']), 'tls-alpn-01'),
  ),
  httpListen: about(
    'The address on which the gateway answers the challenge http-01, and nothing else.',
    z.prefault(listenSchema, '0.0.0.0:80'),
  ),
  externalAccount: about(
    'The account at the CA that the ACME account belongs to (external account binding), if the CA requires one.',
    z.nullish(
      z.strictObject({
        keyId: about('The ID of the key that the CA gave you.', z.string().check(z.minLength(1), z.maxLength(1024))),
        macKeyFile: about('A file with this key (HMAC), in base64url as the CA shows it.', z.string()),
      }),
    ),
  ),
});
export type AcmeConfig = z.infer<typeof acmeSchema>;

type Parts = {
  gateway: { url: string; tls?: { acme?: AcmeConfig | null | undefined } | undefined };
  clusters: readonly { host?: string | null | undefined }[];
  routes: readonly { from: string; tls?: object | null | undefined }[];
};

/** Returns the hosts at which clients reach the gateway with its own certificate, and where the configuration has each. */
export function gatewayHosts({ gateway, clusters, routes }: Parts): { host: string; path: string }[] {
  return [
    { host: new URL(gateway.url).hostname, path: 'gateway.url' },
    ...clusters.flatMap(({ host }, index) => (host == null ? [] : [{ host, path: `clusters.${index}.host` }])),
    ...routes.flatMap(({ from, tls }, index) =>
      tls == null && from.startsWith('https:') ? [{ host: new URL(from).hostname, path: `routes.${index}.from` }] : [],
    ),
  ];
}

/** Returns the names that the certificate must have, and where the configuration has each. Empty without ACME. */
export function acmeDomains(parts: Parts): { host: string; path: string }[] {
  const { acme } = parts.gateway.tls ?? {};
  if (acme == null) return [];
  const named = acme.domains?.map((host, index) => ({ host, path: `gateway.tls.acme.domains.${index}` }));
  const found = named ?? gatewayHosts(parts);
  return found.filter(({ host }, index) => found.findIndex((one) => one.host === host) === index);
}

/** Returns what is wrong with the names of the certificate next to the rest of the configuration. */
export function acmeFaults(parts: Parts): { path: (string | number)[]; message: string }[] {
  const domains = acmeDomains(parts);
  const path = ['gateway', 'tls', 'acme', 'domains'];
  if (domains.length > maxDomains)
    return [{ path, message: `is missing, and the default has more than ${maxDomains} names: list those for ACME` }];
  return domains.flatMap(({ host, path: place }) => {
    const route = parts.routes.findIndex(({ from, tls }) => tls != null && new URL(from).hostname === host);
    if (route === -1) return [];
    const at = place.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    return [{ path: at, message: `is the host of routes.${route}, which has a certificate of its own` }];
  });
}
