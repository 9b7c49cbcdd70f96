import { z } from 'zod';
import { nameSchema, urlSchema } from './address.ts';
import { providerGroups } from './directory.ts';
import { durationSchema } from './duration.ts';
import { faultsOfProvider } from './provider-faults.ts';

/** A value that a claim can be compared with. */
const plainSchema = z.union([z.string(), z.number(), z.boolean()]);
const hostSchema = z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'not a host name in lower case');

const scopesOf = {
  openid: ['openid', 'profile', 'email', 'groups', 'offline_access'],
  github: ['read:user', 'user:email', 'read:org'],
};

const claimsSchema = z.strictObject({
  user: z.string().min(1).default('email'),
  groups: z.string().min(1).default('groups'),
  email: z.string().min(1).default('email'),
  emailVerified: z.string().min(1).default('email_verified'),
});

/**
 * One provider that users may log in with: OpenID Connect, or GitHub, which supports OAuth only. Differences between
 * OpenID providers are settings, not code.
 */
export const providerSchema = z
  .strictObject({
    id: nameSchema,
    kind: z.enum(['openid', 'github']).default('openid'),
    name: z.string().min(1).max(80).optional(),
    issuer: urlSchema,
    issuerTemplate: z.string().min(1).optional(),
    discoveryUrl: urlSchema.optional(),
    endpointHosts: z.array(hostSchema).default([]),
    apiUrl: urlSchema.optional(),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1).optional(),
    clientAuth: z.enum(['auto', 'basic', 'post', 'private_key_jwt', 'none']).default('auto'),
    clientKeyFile: z.string().nullish(),
    clientKeyId: z.string().min(1).optional(),
    scopes: z.array(z.string().min(1)).optional(),
    extraParams: z.record(z.string(), z.string()).default({}),
    audiences: z.array(z.string().min(1)).default([]),
    userInfo: z.enum(['ifMissing', 'always', 'never']).default('ifMissing'),
    claims: claimsSchema.prefault({}),
    requireClaims: z.record(z.string(), z.union([plainSchema, z.array(plainSchema).min(1)])).default({}),
    emailVerified: z.enum(['required', 'ifPresent', 'ignore']).default('required'),
    emailVerifiedValues: z.array(plainSchema).min(1).default([true]),
    userFallback: z.boolean().default(false),
    prefix: z.strictObject({ user: z.string().default(''), groups: z.string().default('') }).prefault({}),
    ...providerGroups,
    domains: z.array(hostSchema).default([]),
    domainHintParam: z.string().min(1).optional(),
    ownCallback: z.boolean().default(false),
    caFile: z.string().nullish(),
    allowInsecureIssuer: z.boolean().default(false),
    /** Whether a browser that logs out of Sallyport is redirected to log out of the provider. */
    endSession: z.boolean().default(true),
    refresh: z
      .strictObject({ interval: durationSchema.prefault('10m'), outageGrace: durationSchema.prefault('1h') })
      .prefault({}),
  })
  .transform((provider) => ({ ...provider, scopes: provider.scopes ?? scopesOf[provider.kind] }))
  .superRefine((provider, context) => {
    for (const { path, message } of faultsOfProvider(provider)) context.addIssue({ code: 'custom', path, message });
  });
export type ProviderConfig = z.infer<typeof providerSchema>;
