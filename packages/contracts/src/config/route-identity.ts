import * as z from 'zod/mini';
import { plainHeaderName } from '../text/plain-header-name.ts';
import { nameSchema } from '../text/name.ts';
import { about } from '../text/about.ts';

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
    jwt: about(
      'Whether the application gets X-Sallyport-Jwt-Assertion: a JWT (ES256) for this route, valid for five minutes. Its keys are at /.well-known/sallyport/jwks.json.',
      z._default(z.boolean(), false),
    ),
    pomeriumJwt: about(
      'Whether the application gets X-Pomerium-Jwt-Assertion: a JWT as Pomerium makes it. Its keys are at /.well-known/pomerium/jwks.json too.',
      z._default(z.boolean(), false),
    ),
    headers: about(
      'Headers in plain text. Requests that reach the application in another way can have them too, so prefer the JWT.',
      z.prefault(
        z
          .strictObject({
            user: about(
              'The header with the name that clusters get, such as X-Forwarded-User.',
              z.nullish(identityHeaderSchema),
            ),
            email: about(
              'The header with the email address, such as X-Forwarded-Email.',
              z.nullish(identityHeaderSchema),
            ),
            name: about(
              'The header with the full name. Left out if it is not plain ASCII.',
              z.nullish(identityHeaderSchema),
            ),
            groups: about(
              'The header with the groups, separated by commas. Left out if the name of one has a comma or is not plain ASCII.',
              z.nullish(identityHeaderSchema),
            ),
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
    ),
    groups: about(
      'The groups that the application learns: names, or patterns with *. All by default.',
      z._default(z.array(z.string().check(z.minLength(1), z.maxLength(1024))).check(z.maxLength(1000)), ['*']),
    ),
    kubernetes: about(
      'Gives the application a credential in the Authorization header, with which it acts as the user on clusters.',
      z.nullish(
        z.strictObject({
          clusters: about('The names of these clusters.', z.array(nameSchema).check(z.minLength(1), z.maxLength(64))),
        }),
      ),
    ),
  }),
  {},
);
export type RouteIdentityConfig = z.infer<typeof routeIdentitySchema>;
