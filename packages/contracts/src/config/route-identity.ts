import * as z from 'zod/mini';
import { plainHeaderName } from '../text/plain-header-name.ts';
import { nameSchema } from '../text/name.ts';

/** What an identity header can contain. */
export const identityFields = ['user', 'email', 'name', 'groups'] as const;

/** Headers that have a meaning of their own for servers, browsers or the gateway. */
const taken = new Set(
  [
    'authorization',
    'cache-control',
    'connection',
    'cookie',
    'cookie2',
    'date',
    'expect',
    'forwarded',
    'from',
    'host',
    'keep-alive',
    'max-forwards',
    'origin',
    'pragma',
    'priority',
    'range',
    'referer',
    'set-cookie',
    'te',
    'trailer',
    'traceparent',
    'tracestate',
    'upgrade',
    'user-agent',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-method',
    'x-forwarded-port',
    'x-forwarded-prefix',
    'x-forwarded-proto',
    'x-forwarded-server',
    'x-forwarded-uri',
    'x-http-method-override',
    'x-original-url',
    'x-real-ip',
    'x-requested-with',
    'x-rewrite-url',
  ].map(plainHeaderName),
);
const takenKinds =
  /^(?:accept|access-control|audit|content|if|impersonate|proxy|sec|transfer|x-pomerium(?!-claim-)|x-remote|x-sallyport)(?:-|$)/i;

/** A name that every server reads alike. */
export const headerNameSchema = z
  .string()
  .check(
    z.maxLength(100),
    z.regex(/^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*$/, 'not a header name; use letters, digits and single hyphens'),
  );
const identityHeaderSchema = headerNameSchema.check(
  z.refine((name) => !taken.has(plainHeaderName(name)) && !takenKinds.test(name), {
    message: 'is a header with another meaning; choose one such as X-Forwarded-User or X-Auth-Request-Email',
  }),
);

/** What the application behind a web route learns about the person who sends a request. */
export const routeIdentitySchema = z.prefault(
  z.strictObject({
    /** Signed: `X-Sallyport-Jwt-Assertion`. */
    jwt: z._default(z.boolean(), false),
    /** Signed, in the form of Pomerium: `X-Pomerium-Jwt-Assertion`. */
    pomeriumJwt: z._default(z.boolean(), false),
    /** Plain text, under the names that the application reads. */
    headers: z.prefault(
      z
        .strictObject({
          user: z.nullish(identityHeaderSchema),
          email: z.nullish(identityHeaderSchema),
          name: z.nullish(identityHeaderSchema),
          groups: z.nullish(identityHeaderSchema),
        })
        .check(
          z.superRefine((headers, context) => {
            const seen = new Set<string>();
            for (const field of identityFields) {
              const name = headers[field];
              if (name == null) continue;
              const plain = plainHeaderName(name);
              if (seen.has(plain))
                context.addIssue({ code: 'custom', path: [field], message: 'is the header of another field too' });
              seen.add(plain);
            }
          }),
        ),
      {},
    ),
    /** Patterns of the groups that the application gets. */
    groups: z._default(z.array(z.string().check(z.minLength(1), z.maxLength(1024))).check(z.maxLength(1000)), ['*']),
    /** A credential with which the application acts as the person on these clusters. */
    kubernetes: z.nullish(z.strictObject({ clusters: z.array(nameSchema).check(z.minLength(1), z.maxLength(64)) })),
  }),
  {},
);
export type RouteIdentityConfig = z.infer<typeof routeIdentitySchema>;
