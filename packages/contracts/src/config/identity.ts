import { z } from 'zod';
import { nameSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';

/** One OpenID provider that people may log in with. */
export const providerSchema = z.strictObject({
  id: nameSchema,
  issuer: urlSchema,
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  scopes: z.array(z.string().min(1)).default(['openid', 'profile', 'email', 'groups', 'offline_access'])
    .refine((scopes) => scopes.includes('openid'), 'must contain openid'),
  claims: z.strictObject({ user: z.string().min(1).default('email'), groups: z.string().min(1).default('groups') }).prefault({}),
  emailVerified: z.enum(['required', 'ifPresent', 'ignore']).default('required'),
  userFallback: z.boolean().default(false),
  prefix: z.strictObject({ user: z.string().default(''), groups: z.string().default('') }).prefault({}),
  caFile: z.string().nullish(),
  allowInsecureIssuer: z.boolean().default(false),
  /** Whether a browser that logs out here is sent on to log out there. */
  endSession: z.boolean().default(true),
  refresh: z.strictObject({ interval: durationSchema.prefault('10m'), outageGrace: durationSchema.prefault('1h') }).prefault({}),
}).refine((provider) => provider.allowInsecureIssuer || provider.issuer.startsWith('https:'), {
  path: ['issuer'], message: 'must be https (or set allowInsecureIssuer: true, for a demo)',
});
export type ProviderConfig = z.infer<typeof providerSchema>;

export const identitySectionSchema = z.strictObject({
  providers: z.array(providerSchema).default([])
    .refine((all) => new Set(all.map((one) => one.id)).size === all.length, 'two providers have the same id'),
}).prefault({});
