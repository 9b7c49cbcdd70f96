import * as z from 'zod/mini';
import { urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { durationSchema } from './quantities.ts';
import { about } from '../text/about.ts';

/** The name of the provider itself among the sources of groups. */
export const claimsSource = 'claims';

const claim = z.string().check(z.minLength(1), z.maxLength(256));
/** Which claim of a login is compared with which attribute of a user in the source. */
const match = <T extends string>(attributes: readonly [T, ...T[]], preset: { claim: string; attribute: NoInfer<T> }) =>
  z.prefault(
    z.strictObject({
      claim: about(
        'The claim of the login that is compared: sub, email (only if verified), user (the user name in Sallyport), or any other claim.',
        z._default(claim, preset.claim),
      ),
      attribute: about(
        'The attribute of the user in the source with which it is compared.',
        z._default(z.enum(attributes), preset.attribute as T as z.util.NoUndefined<T>),
      ),
    }),
    {},
  );

/** Every source has a name. The default is its kind. */
const common = {
  id: about(
    'A name for the source. The default is its kind.',
    z.optional(
      nameSchema.check(
        z.refine((id) => id !== claimsSource, 'is reserved for the groups that the provider itself sends'),
      ),
    ),
  ),
  required: about('Whether only users that this source knows may log in.', z._default(z.boolean(), false)),
};

/** Settings of a source that is queried over the network. */
const overNetwork = {
  caFile: about('The CA of the API, PEM.', z.nullish(z.string())),
  allowInsecure: about('Allow an API in plain HTTP, for tests.', z._default(z.boolean(), false)),
};
const pulled = {
  ...overNetwork,
  outageGrace: about(
    'How long the last sync stays valid while the API cannot be read. After that, logins that depend on this source fail.',
    z.prefault(durationSchema, '24h'),
  ),
  interval: about(
    'How often the source is synced from the API.',
    z.pipe(z.prefault(durationSchema, '5m'), z.number().check(z.minimum(1000, 'must be at least one second'))),
  ),
  groups: about(
    'The groups to sync, as patterns with *.',
    z._default(z.array(z.string().check(z.minLength(1))).check(z.minLength(1)), ['*']),
  ),
};

const secret = {
  token: about('The API token. Write ${env:NAME} or ${file:/path}.', z.optional(z.string().check(z.minLength(1)))),
  tokenFile: about(
    'A file with the API token. It is read again at each use.',
    z.optional(z.string().check(z.minLength(1))),
  ),
};
const oneToken = (source: { token?: string | undefined; tokenFile?: string | undefined }) =>
  (source.token === undefined) !== (source.tokenFile === undefined);
const needsToken = { path: ['tokenFile'], message: 'needs either token or tokenFile' };

const scimTokenSchema = z
  .strictObject({
    id: about(
      'The name of the token in the audit trail.',
      z
        .string()
        .check(
          z.regex(
            /^[A-Za-z0-9._-]{1,64}$/,
            'not a token name; use letters, digits, dots, hyphens and underscores, 64 at most',
          ),
        ),
    ),
    sha256: about(
      'The SHA-256 of the token, in hexadecimal: printf %s "$TOKEN" | sha256sum.',
      z.optional(
        z
          .string()
          .check(
            z.regex(/^[0-9a-fA-F]{64}$/, 'not a SHA-256 in hexadecimal; make it with: printf %s "$TOKEN" | sha256sum'),
          ),
      ),
    ),
    tokenFile: about(
      'A file with the token itself, at least 32 characters. It is read at start.',
      z.optional(z.string().check(z.minLength(1))),
    ),
  })
  .check(
    z.refine((one) => (one.sha256 === undefined) !== (one.tokenFile === undefined), 'needs either sha256 or tokenFile'),
  );

const scimSchema = z.strictObject({
  kind: about(
    'scim: pushed by the identity provider (SCIM 2.0). map: a file. okta, google, github: synced from their APIs at an interval. entra: queried at a login.',
    z.literal('scim'),
  ),
  ...common,
  tokens: about(
    'The bearer tokens of SCIM clients, each with a name for the audit trail.',
    z.array(scimTokenSchema).check(z.minLength(1)),
  ),
  match: about(
    'How a login is matched with a user of the source.',
    match(['userName', 'externalId', 'email'], { claim: 'email', attribute: 'userName' }),
  ),
  groupName: about(
    'The attribute of a pushed group that becomes its name in policies.',
    z._default(z.enum(['displayName', 'externalId']), 'displayName'),
  ),
});

const mapSchema = z.strictObject({
  kind: z.literal('map'),
  ...common,
  file: about(
    'The file with users and groups. Changes take effect while the services run.',
    z.string().check(z.minLength(1)),
  ),
});

const oktaSchema = z
  .strictObject({
    kind: z.literal('okta'),
    ...common,
    ...pulled,
    ...secret,
    url: about('The base URL of the API.', urlSchema),
    match: match(['id', 'login', 'email'], { claim: 'sub', attribute: 'id' }),
  })
  .check(z.refine(oneToken, needsToken));

const googleSchema = z.strictObject({
  kind: z.literal('google'),
  ...common,
  ...pulled,
  serviceAccountFile: about('The key file of a Google service account (JSON).', z.string().check(z.minLength(1))),
  admin: about('The administrator whom the service account impersonates.', z.string().check(z.minLength(1))),
  customer: about(
    'The Google customer whose groups are read.',
    z._default(z.string().check(z.minLength(1)), 'my_customer'),
  ),
  url: z.prefault(urlSchema, 'https://admin.googleapis.com'),
  tokenUrl: about("Google's token endpoint.", z.prefault(urlSchema, 'https://oauth2.googleapis.com/token')),
  match: match(['id', 'email'], { claim: 'sub', attribute: 'id' }),
});

const githubSchema = z
  .strictObject({
    kind: z.literal('github'),
    ...common,
    ...pulled,
    ...secret,
    url: z.prefault(urlSchema, 'https://api.github.com'),
    organizations: about(
      'The GitHub organizations whose members and teams are read.',
      z
        .array(z.string().check(z.regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/, 'not the name of an organization')))
        .check(z.minLength(1)),
    ),
    match: match(['id', 'login'], { claim: 'sub', attribute: 'id' }),
  })
  .check(z.refine(oneToken, needsToken));

const entraSchema = z.strictObject({
  kind: z.literal('entra'),
  ...common,
  ...overNetwork,
  tenant: about(
    'The Entra tenant: its ID or domain.',
    z.string().check(z.regex(/^[A-Za-z0-9.-]{1,128}$/, 'not a tenant; write its id or domain')),
  ),
  clientId: about('The client ID of the application that calls Microsoft Graph.', z.string().check(z.minLength(1))),
  clientSecret: about('Its secret. Write ${env:NAME} or ${file:/path}.', z.string().check(z.minLength(1))),
  url: z.prefault(urlSchema, 'https://graph.microsoft.com/v1.0'),
  loginUrl: about(
    'The login endpoint of Entra, which issues access tokens.',
    z.prefault(urlSchema, 'https://login.microsoftonline.com'),
  ),
  when: about(
    'overage: Graph is queried only if the token says that the user has too many groups to list. always: at every login and refresh.',
    z._default(z.enum(['overage', 'always']), 'overage'),
  ),
  groupsClaim: about('The claim with the groups, if the token contains them.', z._default(claim, 'groups')),
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
    sources: about(
      'Sources of users and their groups. Providers refer to them in groupSources.',
      z._default(z.array(sourceSchema), []).check(
        z.refine((all) => unique(all.map(({ id }) => id)), 'two sources have the same id (the default is the kind)'),
        z.refine(
          (all) => unique(all.flatMap((one) => (one.kind === 'scim' ? one.tokens.map(({ id }) => id) : []))),
          'two SCIM tokens have the same id',
        ),
      ),
    ),
  }),
  {},
);
export type DirectoryConfig = z.infer<typeof directorySchema>;

/** The sources of the groups of a provider's users. */
export const providerGroups = {
  groupSources: about(
    "The sources of the groups of this provider's users, in order: claims (the provider itself) and names of directory.sources. A user who is deactivated in any of them cannot log in.",
    z
      ._default(z.array(z.string().check(z.minLength(1))).check(z.minLength(1)), [claimsSource])
      .check(z.refine(unique, 'names a source twice')),
  ),
  combineGroups: about(
    'first: only the first source that knows the user counts. merge: the groups from all sources are combined.',
    z._default(z.enum(['first', 'merge']), 'first'),
  ),
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
