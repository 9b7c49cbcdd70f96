import * as z from 'zod/mini';
import { portOf } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { durationSchema } from './quantities.ts';
import { plainHeaderName } from '../text/plain-header-name.ts';
import { headerNameSchema, identityFields, routeIdentitySchema } from './route-identity.ts';
import { about } from '../text/about.ts';

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
  toCaFile: about('The CA of the application, PEM. Without it, the CAs that Node.js trusts.', z.nullish(z.string())),
  toServerName: about(
    "The name in the application's certificate, if it is not the host of `to`.",
    z.nullish(z.string().check(z.regex(hostName, 'not a host name'))),
  ),
  toClientCertFile: about("The gateway's client certificate for the application, PEM.", z.nullish(z.string())),
  toClientKeyFile: about('The private key of that certificate, PEM.', z.nullish(z.string())),
};

/** A web application behind the gateway. The policy engine reports the faults of its policies. */
export const routeSchema = z
  .strictObject({
    name: about(
      'What the page of the gateway calls the application. Without it, the page shows its host.',
      z.nullish(z.string().check(z.trim(), z.minLength(1), z.maxLength(100))),
    ),
    from: about(
      'The address at which browsers reach the application, such as https://grafana.example.com. Its host must lead to the gateway, and its port is that of gateway.url. For a demo, http at localhost or a name below it, with the port of login.url.',
      fromSchema,
    ),
    to: about(
      'The address at which the gateway reaches the application, such as http://grafana:3000.',
      originSchema(['http:', 'https:'], 'not an address like http://grafana:3000 (no path)'),
    ),
    connector: about(
      'The connector through which the gateway reaches the application. Without it, the gateway dials it itself.',
      z.nullish(nameSchema),
    ),
    ...upstreamFields,
    policies: about(
      'Names of policies at the top of the file that apply to this application.',
      z.nullish(z.array(nameSchema)),
    ),
    policy: about(
      'A policy for this application. The global policy applies to clusters only.',
      z.optional(z.unknown()),
    ),
    policyFile: about('A file with this policy, instead of policy.', z.nullish(z.string().check(z.minLength(1)))),
    explain: about('Whether a refusal may say what would have been allowed.', z.optional(z.boolean())),
    identity: about('What the application is told about the user. Nothing by default.', routeIdentitySchema),
    tls: about(
      'The certificate for the host of `from`. Without it, gateway.tls must be valid for that host.',
      z.nullish(
        z.strictObject({
          certFile: about('The certificate and its chain, PEM. It is read again when it changes.', z.string()),
          keyFile: about('The private key of that certificate, PEM.', z.string()),
        }),
      ),
    ),
    preserveHost: about(
      'Whether the application gets the host of `from` in the Host header, and not that of `to`.',
      z._default(z.boolean(), false),
    ),
    allowEncodedSlashes: about(
      'Whether a part of a path may contain escaped slashes (%2F), as in the API of GitLab. A request with one needs a policy that allows the path with them escaped, and with them decoded.',
      z._default(z.boolean(), false),
    ),
    allowRequestHeaders: about(
      'Headers that pass from clients to the application although applications usually trust what is in them, such as X-HTTP-Method-Override. They never pass otherwise.',
      z._default(z.array(headerNameSchema).check(z.maxLength(100)), []),
    ),
    allowServiceWorkers: about(
      'Whether a Service Worker may control the whole host. Applications that work offline need that. It can read the one-time codes of logins at this application.',
      z._default(z.boolean(), false),
    ),
    timeouts: about(
      'How long the gateway waits for this application. Without them, the timeouts at the top of the file.',
      z.prefault(
        z.strictObject({
          connect: about('The time to connect.', z.optional(durationSchema)),
          firstByte: about(
            'The time to the first byte of a response, after the body of the request has arrived. 0s is no limit.',
            z.optional(durationSchema),
          ),
        }),
        {},
      ),
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
