import { z } from 'zod';
import { nameSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';

/** The name of the provider itself among the sources of groups. */
export const claimsSource = 'claims';

const claim = z.string().min(1).max(256);
/** Which claim of a login is compared with which attribute of a user in the source. */
const match = <T extends string>(attributes: readonly [T, ...T[]], preset: { claim: string; attribute: NoInfer<T> }) =>
  z
    .strictObject({
      claim: claim.default(preset.claim),
      attribute: z.enum(attributes).default(preset.attribute as T as z.util.NoUndefined<T>),
    })
    .prefault({});

/** Every source has a name. The default is its kind. */
const common = {
  id: nameSchema
    .refine((id) => id !== claimsSource, 'is reserved for the groups that the provider itself sends')
    .optional(),
  /** Whether only users that the source knows may log in. */
  required: z.boolean().default(false),
};

/** Settings of a source that is queried over the network. */
const overNetwork = { caFile: z.string().nullish(), allowInsecure: z.boolean().default(false) };
const pulled = {
  ...overNetwork,
  /** How long the last sync stays valid while the API cannot be read. */
  outageGrace: durationSchema.prefault('24h'),
  interval: durationSchema.prefault('5m').pipe(z.number().min(1000, 'must be at least one second')),
  /** The groups to sync, as patterns with `*`. */
  groups: z.array(z.string().min(1)).min(1).default(['*']),
};

const secret = { token: z.string().min(1).optional(), tokenFile: z.string().min(1).optional() };
const oneToken = (source: { token?: string | undefined; tokenFile?: string | undefined }) =>
  (source.token === undefined) !== (source.tokenFile === undefined);
const needsToken = { path: ['tokenFile'], message: 'needs either token or tokenFile' };

const scimTokenSchema = z
  .strictObject({
    /** The name of the token in the audit trail. */
    id: z
      .string()
      .regex(
        /^[A-Za-z0-9._-]{1,64}$/,
        'not a token name; use letters, digits, dots, hyphens and underscores, 64 at most',
      ),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'not a SHA-256 in hexadecimal; make it with: printf %s "$TOKEN" | sha256sum')
      .optional(),
    tokenFile: z.string().min(1).optional(),
  })
  .refine((one) => (one.sha256 === undefined) !== (one.tokenFile === undefined), 'needs either sha256 or tokenFile');

const scimSchema = z.strictObject({
  kind: z.literal('scim'),
  ...common,
  tokens: z.array(scimTokenSchema).min(1),
  match: match(['userName', 'externalId', 'email'], { claim: 'email', attribute: 'userName' }),
  groupName: z.enum(['displayName', 'externalId']).default('displayName'),
});

const mapSchema = z.strictObject({ kind: z.literal('map'), ...common, file: z.string().min(1) });

const oktaSchema = z
  .strictObject({
    kind: z.literal('okta'),
    ...common,
    ...pulled,
    ...secret,
    url: urlSchema,
    match: match(['id', 'login', 'email'], { claim: 'sub', attribute: 'id' }),
  })
  .refine(oneToken, needsToken);

const googleSchema = z.strictObject({
  kind: z.literal('google'),
  ...common,
  ...pulled,
  /** The key file of a service account with domain-wide delegation, which impersonates `admin`. */
  serviceAccountFile: z.string().min(1),
  admin: z.string().min(1),
  customer: z.string().min(1).default('my_customer'),
  url: urlSchema.prefault('https://admin.googleapis.com'),
  tokenUrl: urlSchema.prefault('https://oauth2.googleapis.com/token'),
  match: match(['id', 'email'], { claim: 'sub', attribute: 'id' }),
});

const githubSchema = z
  .strictObject({
    kind: z.literal('github'),
    ...common,
    ...pulled,
    ...secret,
    url: urlSchema.prefault('https://api.github.com'),
    organizations: z
      .array(z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/, 'not the name of an organization'))
      .min(1),
    match: match(['id', 'login'], { claim: 'sub', attribute: 'id' }),
  })
  .refine(oneToken, needsToken);

const entraSchema = z.strictObject({
  kind: z.literal('entra'),
  ...common,
  ...overNetwork,
  tenant: z.string().regex(/^[A-Za-z0-9.-]{1,128}$/, 'not a tenant; write its id or domain'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  url: urlSchema.prefault('https://graph.microsoft.com/v1.0'),
  loginUrl: urlSchema.prefault('https://login.microsoftonline.com'),
  /** When to query Graph: only if the token says that the user has too many groups to list, or always. */
  when: z.enum(['overage', 'always']).default('overage'),
  groupsClaim: claim.default('groups'),
});

const schemas = z.discriminatedUnion('kind', [
  scimSchema,
  mapSchema,
  oktaSchema,
  googleSchema,
  githubSchema,
  entraSchema,
]);

/** One source of users and their groups. */
const sourceSchema = schemas
  .transform((source) => ({ ...source, id: source.id ?? source.kind }))
  .superRefine((source, context) => {
    if ('allowInsecure' in source && source.allowInsecure) return;
    for (const name of ['url', 'tokenUrl', 'loginUrl'] as const) {
      const url = (source as Record<string, unknown>)[name];
      if (typeof url === 'string' && !url.startsWith('https:'))
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'must be https (or set allowInsecure: true, for a test)',
        });
    }
  });
export type SourceConfig = z.infer<typeof sourceSchema>;
export type SourceConfigOf<Kind extends SourceConfig['kind']> = Extract<SourceConfig, { kind: Kind }>;

const unique = (texts: readonly string[]) => new Set(texts).size === texts.length;

export const directorySchema = z
  .strictObject({
    sources: z
      .array(sourceSchema)
      .default([])
      .refine((all) => unique(all.map(({ id }) => id)), 'two sources have the same id (the default is the kind)')
      .refine(
        (all) => unique(all.flatMap((one) => (one.kind === 'scim' ? one.tokens.map(({ id }) => id) : []))),
        'two SCIM tokens have the same id',
      ),
  })
  .prefault({});
export type DirectoryConfig = z.infer<typeof directorySchema>;

/** The sources of the groups of a provider's users. */
export const providerGroups = {
  groupSources: z.array(z.string().min(1)).min(1).default([claimsSource]).refine(unique, 'names a source twice'),
  combineGroups: z.enum(['first', 'merge']).default('first'),
};

type WithSources = { providers: readonly { groupSources: readonly string[] }[]; directory: DirectoryConfig };

/** Returns the faults of sources that do not exist or exclude each other. */
export function faultsOfGroupSources({
  providers,
  directory,
}: WithSources): { path: (string | number)[]; message: string }[] {
  const byId = new Map(directory.sources.map((source) => [source.id, source]));
  return providers.flatMap(({ groupSources }, index) => {
    const at = (place: number) => ['providers', index, 'groupSources', place];
    const missing = groupSources.flatMap((name, place) =>
      name === claimsSource || byId.has(name)
        ? []
        : [{ path: at(place), message: `is neither in directory.sources nor "${claimsSource}"` }],
    );
    const entra = groupSources.findIndex((name) => byId.get(name)?.kind === 'entra');
    const both =
      entra >= 0 && groupSources.includes(claimsSource)
        ? [{ path: at(entra), message: `already reads the groups in the token; remove "${claimsSource}"` }]
        : [];
    return [...missing, ...both];
  });
}
