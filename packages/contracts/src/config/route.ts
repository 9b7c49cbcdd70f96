import * as z from 'zod/mini';
import { portOf } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { durationSchema } from './duration.ts';
import { plainHeaderName } from '../text/plain-header-name.ts';
import { headerNameSchema, identityFields, routeIdentitySchema } from './route-identity.ts';

const hostName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** Returns the host name of a route from its `from`, without validation of anything else. Empty if there is none. */
export function hostOfRoute(from: unknown): string {
  const url = typeof from === 'string' && URL.canParse(from) ? new URL(from) : undefined;
  return url?.hostname ?? '';
}

/** Refuses everything in a URL but scheme, host and port. */
function originSchema(schemes: readonly string[], what: string) {
  return z.pipe(
    z.string(),
    z.transform((text, context) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      const plain = text.replace(/\/$/, '').toLowerCase();
      if (url && schemes.includes(url.protocol) && (plain === url.origin || plain === `${url.origin}:${portOf(url)}`))
        return url.origin;
      context.issues.push({ code: 'custom', message: what, input: text });
      return z.NEVER;
    }),
  );
}

/** Names that lead to the machine itself (RFC 6761, 6.3). */
const localName = /^(?:.+\.)?localhost$/;

const fromSchema = originSchema(['https:', 'http:'], 'not an address like https://grafana.example.com (no path)').check(
  z.refine(
    (origin) => hostName.test(new URL(origin).hostname) && !/^[\d.]+$/.test(new URL(origin).hostname),
    'needs a host name, not an IP address',
  ),
  z.refine((origin) => origin.startsWith('https:') || localName.test(new URL(origin).hostname), {
    abort: true,
    message: 'must be https; plain http is for localhost and names below it',
  }),
);

/** How the gateway reaches the application where it has TLS. */
const upstreamFields = {
  toCaFile: z.nullish(z.string()),
  toServerName: z.nullish(z.string().check(z.regex(hostName, 'not a host name'))),
  toClientCertFile: z.nullish(z.string()),
  toClientKeyFile: z.nullish(z.string()),
};

/** A web application behind the gateway. The policy engine reports the faults of its policies. */
export const routeSchema = z
  .strictObject({
    /** What people call the application. Without it, they see its host. */
    name: z.nullish(z.string().check(z.trim(), z.minLength(1), z.maxLength(100))),
    from: fromSchema,
    to: originSchema(['http:', 'https:'], 'not an address like http://grafana:3000 (no path)'),
    ...upstreamFields,
    /** Names of `policies` at the top of the file. */
    policies: z.nullish(z.array(nameSchema)),
    policy: z.optional(z.unknown()),
    /** A file with the policy, instead of `policy`. */
    policyFile: z.nullish(z.string().check(z.minLength(1))),
    /** A refusal may say what would have been allowed. */
    explain: z.optional(z.boolean()),
    identity: routeIdentitySchema,
    /** The certificate for the host of `from`. Without it, the one of the gateway. */
    tls: z.nullish(z.strictObject({ certFile: z.string(), keyFile: z.string() })),
    /** Sends the host of `from` upstream, and not that of `to`. */
    preserveHost: z._default(z.boolean(), false),
    /** Passes paths with `%2F` in a segment, as GitLab's API has them. Policies must allow both readings. */
    allowEncodedSlashes: z._default(z.boolean(), false),
    /** Headers of clients that pass although applications usually trust them, such as X-HTTP-Method-Override. */
    allowRequestHeaders: z._default(z.array(headerNameSchema).check(z.maxLength(100)), []),
    /** Lets a Service Worker control the whole host, where it sees the codes of logins. */
    allowServiceWorkers: z._default(z.boolean(), false),
    /** Without them, those at the top of the file. `firstByte: 0s` waits for ever. */
    timeouts: z.prefault(
      z.strictObject({ connect: z.optional(durationSchema), firstByte: z.optional(durationSchema) }),
      {},
    ),
  })
  .check(
    z.superRefine((route, context) => {
      const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
      if ((route.toClientCertFile == null) !== (route.toClientKeyFile == null))
        fault('toClientKeyFile', 'toClientCertFile and toClientKeyFile go together');
      const told = new Set(identityFields.flatMap((field) => route.identity.headers[field] ?? []).map(plainHeaderName));
      if (route.allowRequestHeaders.some((name) => told.has(plainHeaderName(name))))
        fault('allowRequestHeaders', 'has a header of identity.headers, which must not come from clients');
      if (route.to.startsWith('https:')) return;
      for (const field of ['toCaFile', 'toServerName', 'toClientCertFile'] as const)
        if (route[field] != null) fault(field, 'needs an https address in `to`');
    }),
  );
export type RouteConfig = z.infer<typeof routeSchema>;
