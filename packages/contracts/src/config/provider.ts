import * as z from 'zod/mini';
import { urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { providerGroups } from './directory.ts';
import { durationSchema } from './quantities.ts';
import { faultsOfProvider } from './provider-faults.ts';
import { about } from '../text/about.ts';

/** A value that a claim can be compared with. */
const plainSchema = z.union([z.string(), z.number(), z.boolean()]);
const hostSchema = z.string().check(z.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'not a host name in lower case'));

const scopesOf = {
  openid: ['openid', 'profile', 'email', 'groups', 'offline_access'],
  github: ['read:user', 'user:email', 'read:org'],
};

const claimsSchema = z.strictObject({
  user: about(
    'The claim that becomes the user name, on clusters as well.',
    z._default(z.string().check(z.minLength(1)), 'email'),
  ),
  groups: about('The claim with the groups.', z._default(z.string().check(z.minLength(1)), 'groups')),
  email: about(
    'The claim with the email address. claims.user: email refers to this claim as well.',
    z._default(z.string().check(z.minLength(1)), 'email'),
  ),
  emailVerified: about(
    'The claim that says whether the provider has verified the address.',
    z._default(z.string().check(z.minLength(1)), 'email_verified'),
  ),
});

/**
 * One provider that users may log in with: OpenID Connect, or GitHub, which supports OAuth only. Differences between
 * OpenID providers are settings, not code.
 */
export const providerSchema = z
  .pipe(
    z.strictObject({
      id: about('A short name for the provider. It becomes part of URLs.', nameSchema),
      kind: about(
        'openid (OpenID Connect), or github, which supports OAuth only.',
        z._default(z.enum(['openid', 'github']), 'openid'),
      ),
      name: about(
        'Its name on the page where users choose a provider. The default is the id.',
        z.optional(z.string().check(z.minLength(1), z.maxLength(80))),
      ),
      issuer: about('Its issuer, exactly as the provider states it. With kind: github, the URL of GitHub.', urlSchema),
      issuerTemplate: about(
        'The issuer of its tokens if it differs by tenant, with claims in braces: https://login.microsoftonline.com/{tid}/v2.0. List the accepted values of these claims in requireClaims.',
        z.optional(z.string().check(z.minLength(1))),
      ),
      discoveryUrl: about(
        'The URL of its metadata, if it is not <issuer>/.well-known/openid-configuration. The metadata must still name the issuer.',
        z.optional(urlSchema),
      ),
      endpointHosts: about(
        "Hosts other than the issuer's from which the gateway may fetch tokens, keys and UserInfo. If empty, any host on the Internet is allowed. Hosts on a private network must be listed.",
        z._default(z.array(hostSchema), []),
      ),
      apiUrl: about('With kind: github, the URL of its API, if it is not the default one.', z.optional(urlSchema)),
      clientId: about('The client ID of the gateway at the provider.', z.string().check(z.minLength(1))),
      clientSecret: about(
        'The client secret. Write ${env:NAME} or ${file:/path}.',
        z.optional(z.string().check(z.minLength(1))),
      ),
      clientAuth: about(
        'How the gateway authenticates at the token endpoint: auto (basic or post, as the provider supports; none without a secret), basic, post, private_key_jwt or none.',
        z._default(z.enum(['auto', 'basic', 'post', 'private_key_jwt', 'none']), 'auto'),
      ),
      clientKeyFile: about(
        'With clientAuth: private_key_jwt, the private key (PEM; RSA, Ed25519 or EC).',
        z.nullish(z.string()),
      ),
      clientKeyId: about('The key ID (kid), if the provider needs it.', z.optional(z.string().check(z.minLength(1)))),
      scopes: about(
        'The scopes to request. The default is openid, profile, email, groups, offline_access for OpenID, and read:user, user:email, read:org for GitHub. OpenID needs openid.',
        z.optional(z.array(z.string().check(z.minLength(1)))),
      ),
      extraParams: about(
        'More parameters of the authorization request, such as prompt, access_type, hd, audience or connector_id.',
        z._default(z.record(z.string(), z.string()), {}),
      ),
      audiences: about(
        'Other audiences (aud) that an id_token may have in addition to the gateway. Tokens with any other audience are refused.',
        z._default(z.array(z.string().check(z.minLength(1))), []),
      ),
      userInfo: about(
        'When UserInfo is queried for claims: ifMissing (if the id_token lacks a claim that is needed), always or never. The id_token takes precedence.',
        z._default(z.enum(['ifMissing', 'always', 'never']), 'ifMissing'),
      ),
      claims: about(
        'The claims that identify a user. Each is the full name of a claim, or a path with dots.',
        z.prefault(claimsSchema, {}),
      ),
      requireClaims: about(
        'Claims that a user must have to log in. The claim must have one of the values. If it is a list, the list must contain one of them.',
        z._default(z.record(z.string(), z.union([plainSchema, z.array(plainSchema).check(z.minLength(1))])), {}),
      ),
      emailVerified: about(
        'Whether an email address counts only if the provider has verified it.',
        z._default(z.enum(['required', 'ifPresent', 'ignore']), 'required'),
      ),
      emailVerifiedValues: about(
        'The values of that claim that mean yes. Some providers send "true", 1 or "1".',
        z._default(z.array(plainSchema).check(z.minLength(1)), [true]),
      ),
      userFallback: about(
        'If the user claim is missing, use <provider>:<sub> as the user name. Otherwise the login is refused.',
        z._default(z.boolean(), false),
      ),
      prefix: about(
        'A prefix for the names from this provider, so that they differ from those of other providers. Names from other providers that begin with it are refused.',
        z.prefault(
          z.strictObject({
            user: about('The prefix of user names.', z._default(z.string(), '')),
            groups: about('The prefix of group names.', z._default(z.string(), '')),
          }),
          {},
        ),
      ),
      ...providerGroups,
      domains: about(
        'The domains whose users have accounts at this provider. A login with a login_hint or domain_hint of one of them goes to this provider without asking.',
        z._default(z.array(hostSchema), []),
      ),
      domainHintParam: about(
        'The parameter with which the provider accepts a domain: hd for Google, domain_hint for Entra ID.',
        z.optional(z.string().check(z.minLength(1))),
      ),
      ownCallback: about(
        'Use the redirect URI /.sallyport/callback/<id> instead of /.sallyport/callback. Needed if there are several providers and this one does not send its issuer in its responses (RFC 9207).',
        z._default(z.boolean(), false),
      ),
      caFile: about('The CA of the provider, PEM.', z.nullish(z.string())),
      allowInsecureIssuer: about('Allow an issuer in plain HTTP, for demos.', z._default(z.boolean(), false)),
      endSession: about(
        'Whether a browser that logs out of Sallyport is redirected to the end_session_endpoint of the provider, to log out there as well. Register <login.url or gateway.url>/.sallyport/signed-out with the provider as a post-logout redirect URI.',
        z._default(z.boolean(), true),
      ),
      refresh: about(
        'How identities are kept up to date.',
        z.prefault(
          z.strictObject({
            interval: about('How often the identity of a session is refreshed.', z.prefault(durationSchema, '10m')),
            outageGrace: about(
              'How long a session continues while the provider cannot be reached.',
              z.prefault(durationSchema, '1h'),
            ),
          }),
          {},
        ),
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
