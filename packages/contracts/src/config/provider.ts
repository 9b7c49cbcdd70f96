import * as z from 'zod/mini';
import { urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { providerGroups } from './directory.ts';
import { durationSchema } from './duration.ts';
import { faultsOfProvider } from './provider-faults.ts';

/** A value that a claim can be compared with. */
const plainSchema = z.union([z.string(), z.number(), z.boolean()]);
const hostSchema = z.string().check(z.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'not a host name in lower case'));

const scopesOf = {
  openid: ['openid', 'profile', 'email', 'groups', 'offline_access'],
  github: ['read:user', 'user:email', 'read:org'],
};

const claimsSchema = z.strictObject({
  user: z._default(z.string().check(z.minLength(1)), 'email'),
  groups: z._default(z.string().check(z.minLength(1)), 'groups'),
  email: z._default(z.string().check(z.minLength(1)), 'email'),
  emailVerified: z._default(z.string().check(z.minLength(1)), 'email_verified'),
});

/**
 * One provider that users may log in with: OpenID Connect, or GitHub, which supports OAuth only. Differences between
 * OpenID providers are settings, not code.
 */
export const providerSchema = z
  .pipe(
    z.strictObject({
      id: nameSchema,
      kind: z._default(z.enum(['openid', 'github']), 'openid'),
      name: z.optional(z.string().check(z.minLength(1), z.maxLength(80))),
      issuer: urlSchema,
      issuerTemplate: z.optional(z.string().check(z.minLength(1))),
      discoveryUrl: z.optional(urlSchema),
      endpointHosts: z._default(z.array(hostSchema), []),
      apiUrl: z.optional(urlSchema),
      clientId: z.string().check(z.minLength(1)),
      clientSecret: z.optional(z.string().check(z.minLength(1))),
      clientAuth: z._default(z.enum(['auto', 'basic', 'post', 'private_key_jwt', 'none']), 'auto'),
      clientKeyFile: z.nullish(z.string()),
      clientKeyId: z.optional(z.string().check(z.minLength(1))),
      scopes: z.optional(z.array(z.string().check(z.minLength(1)))),
      extraParams: z._default(z.record(z.string(), z.string()), {}),
      audiences: z._default(z.array(z.string().check(z.minLength(1))), []),
      userInfo: z._default(z.enum(['ifMissing', 'always', 'never']), 'ifMissing'),
      claims: z.prefault(claimsSchema, {}),
      requireClaims: z._default(
        z.record(z.string(), z.union([plainSchema, z.array(plainSchema).check(z.minLength(1))])),
        {},
      ),
      emailVerified: z._default(z.enum(['required', 'ifPresent', 'ignore']), 'required'),
      emailVerifiedValues: z._default(z.array(plainSchema).check(z.minLength(1)), [true]),
      userFallback: z._default(z.boolean(), false),
      prefix: z.prefault(z.strictObject({ user: z._default(z.string(), ''), groups: z._default(z.string(), '') }), {}),
      ...providerGroups,
      domains: z._default(z.array(hostSchema), []),
      domainHintParam: z.optional(z.string().check(z.minLength(1))),
      ownCallback: z._default(z.boolean(), false),
      caFile: z.nullish(z.string()),
      allowInsecureIssuer: z._default(z.boolean(), false),
      /** Whether a browser that logs out of Sallyport is redirected to log out of the provider. */
      endSession: z._default(z.boolean(), true),
      refresh: z.prefault(
        z.strictObject({ interval: z.prefault(durationSchema, '10m'), outageGrace: z.prefault(durationSchema, '1h') }),
        {},
      ),
    }),
    z.transform((provider) => ({ ...provider, scopes: provider.scopes ?? scopesOf[provider.kind] })),
  )
  .check(
    z.superRefine((provider, context) => {
      for (const { path, message } of faultsOfProvider(provider)) context.addIssue({ code: 'custom', path, message });
    }),
  );
export type ProviderConfig = z.infer<typeof providerSchema>;
