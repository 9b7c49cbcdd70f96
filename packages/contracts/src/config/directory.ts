import * as z from 'zod/mini';
import { urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { durationSchema } from './duration.ts';

/** The name of the provider itself among the sources of groups. */
export const claimsSource = 'claims';

const claim = z.string().check(z.minLength(1), z.maxLength(256));
/** Which claim of a login is compared with which attribute of a user in the source. */
const match = <T extends string>(attributes: readonly [T, ...T[]], preset: { claim: string; attribute: NoInfer<T> }) =>
  z.prefault(
    z.strictObject({
      claim: z._default(claim, preset.claim),
      attribute: z._default(z.enum(attributes), preset.attribute as T as z.util.NoUndefined<T>),
    }),
    {},
  );

/** Every source has a name. The default is its kind. */
const common = {
  id: z.optional(
    nameSchema.check(
      z.refine((id) => id !== claimsSource, 'is reserved for the groups that the provider itself sends'),
    ),
  ),
  /** Whether only users that the source knows may log in. */
  required: z._default(z.boolean(), false),
};

/** Settings of a source that is queried over the network. */
const overNetwork = { caFile: z.nullish(z.string()), allowInsecure: z._default(z.boolean(), false) };
const pulled = {
  ...overNetwork,
  /** How long the last sync stays valid while the API cannot be read. */
  outageGrace: z.prefault(durationSchema, '24h'),
  interval: z.pipe(z.prefault(durationSchema, '5m'), z.number().check(z.minimum(1000, 'must be at least one second'))),
  /** The groups to sync, as patterns with `*`. */
  groups: z._default(z.array(z.string().check(z.minLength(1))).check(z.minLength(1)), ['*']),
};

const secret = {
  token: z.optional(z.string().check(z.minLength(1))),
  tokenFile: z.optional(z.string().check(z.minLength(1))),
};
const oneToken = (source: { token?: string | undefined; tokenFile?: string | undefined }) =>
  (source.token === undefined) !== (source.tokenFile === undefined);
const needsToken = { path: ['tokenFile'], message: 'needs either token or tokenFile' };

const scimTokenSchema = z
  .strictObject({
    /** The name of the token in the audit trail. */
    id: z
      .string()
      .check(
        z.regex(
          /^[A-Za-z0-9._-]{1,64}$/,
          'not a token name; use letters, digits, dots, hyphens and underscores, 64 at most',
        ),
      ),
    sha256: z.optional(
      z
        .string()
        .check(
          z.regex(/^[0-9a-fA-F]{64}$/, 'not a SHA-256 in hexadecimal; make it with: printf %s "$TOKEN" | sha256sum'),
        ),
    ),
    tokenFile: z.optional(z.string().check(z.minLength(1))),
  })
  .check(
    z.refine((one) => (one.sha256 === undefined) !== (one.tokenFile === undefined), 'needs either sha256 or tokenFile'),
  );

const scimSchema = z.strictObject({
  kind: z.literal('scim'),
  ...common,
  tokens: z.array(scimTokenSchema).check(z.minLength(1)),
  match: match(['userName', 'externalId', 'email'], { claim: 'email', attribute: 'userName' }),
  groupName: z._default(z.enum(['displayName', 'externalId']), 'displayName'),
});

const mapSchema = z.strictObject({ kind: z.literal('map'), ...common, file: z.string().check(z.minLength(1)) });

const oktaSchema = z
  .strictObject({
    kind: z.literal('okta'),
    ...common,
    ...pulled,
    ...secret,
    url: urlSchema,
    match: match(['id', 'login', 'email'], { claim: 'sub', attribute: 'id' }),
  })
  .check(z.refine(oneToken, needsToken));

const googleSchema = z.strictObject({
  kind: z.literal('google'),
  ...common,
  ...pulled,
  /** The key file of a service account with domain-wide delegation, which impersonates `admin`. */
  serviceAccountFile: z.string().check(z.minLength(1)),
  admin: z.string().check(z.minLength(1)),
  customer: z._default(z.string().check(z.minLength(1)), 'my_customer'),
  url: z.prefault(urlSchema, 'https://admin.googleapis.com'),
  tokenUrl: z.prefault(urlSchema, 'https://oauth2.googleapis.com/token'),
  match: match(['id', 'email'], { claim: 'sub', attribute: 'id' }),
});

const githubSchema = z
  .strictObject({
    kind: z.literal('github'),
    ...common,
    ...pulled,
    ...secret,
    url: z.prefault(urlSchema, 'https://api.github.com'),
    organizations: z
      .array(z.string().check(z.regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/, 'not the name of an organization')))
      .check(z.minLength(1)),
    match: match(['id', 'login'], { claim: 'sub', attribute: 'id' }),
  })
  .check(z.refine(oneToken, needsToken));

const entraSchema = z.strictObject({
  kind: z.literal('entra'),
  ...common,
  ...overNetwork,
  tenant: z.string().check(z.regex(/^[A-Za-z0-9.-]{1,128}$/, 'not a tenant; write its id or domain')),
  clientId: z.string().check(z.minLength(1)),
  clientSecret: z.string().check(z.minLength(1)),
  url: z.prefault(urlSchema, 'https://graph.microsoft.com/v1.0'),
  loginUrl: z.prefault(urlSchema, 'https://login.microsoftonline.com'),
  /** When to query Graph: only if the token says that the user has too many groups to list, or always. */
  when: z._default(z.enum(['overage', 'always']), 'overage'),
  groupsClaim: z._default(claim, 'groups'),
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
const sourceSchema = z
  .pipe(
    schemas,
    z.transform((source) => ({ ...source, id: source.id ?? source.kind })),
  )
  .check(
    z.superRefine((source, context) => {
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
    }),
  );
export type SourceConfig = z.infer<typeof sourceSchema>;
export type SourceConfigOf<Kind extends SourceConfig['kind']> = Extract<SourceConfig, { kind: Kind }>;

const unique = (texts: readonly string[]) => new Set(texts).size === texts.length;

export const directorySchema = z.prefault(
  z.strictObject({
    sources: z._default(z.array(sourceSchema), []).check(
      z.refine((all) => unique(all.map(({ id }) => id)), 'two sources have the same id (the default is the kind)'),
      z.refine(
        (all) => unique(all.flatMap((one) => (one.kind === 'scim' ? one.tokens.map(({ id }) => id) : []))),
        'two SCIM tokens have the same id',
      ),
    ),
  }),
  {},
);
export type DirectoryConfig = z.infer<typeof directorySchema>;

/** The sources of the groups of a provider's users. */
export const providerGroups = {
  groupSources: z
    ._default(z.array(z.string().check(z.minLength(1))).check(z.minLength(1)), [claimsSource])
    .check(z.refine(unique, 'names a source twice')),
  combineGroups: z._default(z.enum(['first', 'merge']), 'first'),
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
