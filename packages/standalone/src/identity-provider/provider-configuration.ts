import { generateKeyPairSync, hash, randomBytes } from 'node:crypto';
import { interactionPolicy, type Adapter, type Configuration, type JWK } from 'oidc-provider';
import type { Pages } from '@sallyport/pages';
import { errorText, errorTitle } from './login-page.ts';
import { createLogoutPages } from './logout-pages.ts';
import type { Person } from './people.ts';

const scope = 'openid email profile groups offline_access';
const minute = 60;
const ttl = {
  AccessToken: 10 * minute,
  AuthorizationCode: minute,
  IdToken: 10 * minute,
  RefreshToken: 24 * 60 * minute,
  Interaction: 10 * minute,
  Session: 10 * minute,
  Grant: 24 * 60 * minute,
};

/** Returns the stable, opaque identifier of an account. */
export function subjectOf(person: Person): string {
  return hash('sha256', `account of ${person.user}`, 'base64url').slice(0, 22);
}

function signingKeys(): JWK[] {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return [
    {
      ...rsa.privateKey.export({ format: 'jwk' }),
      kid: randomBytes(8).toString('hex'),
      use: 'sig',
      alg: 'RS256',
    } as JWK,
  ];
}

/** Requires a login every time, so that you can be several people in one browser during a demo. */
function askEachTime(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const { Check } = interactionPolicy;
  policy
    .get('login')!
    .checks.add(
      new Check('each_time', 'a login is required every time', (ctx) =>
        ctx.oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
      ),
    );
  // Clients with loopback redirects count as native and would get a consent page. The only clients here are our own.
  policy.get('consent')!.checks.remove('native_client_prompt');
  return policy;
}

function claimsOf(person: Person, use: string) {
  const claims = {
    sub: subjectOf(person),
    email: person.user,
    email_verified: person.emailVerified ?? true,
    name: person.name ?? person.user,
    groups: [...person.groups],
    ...person.claims,
  };
  return use === 'userinfo'
    ? claims
    : { ...claims, ...Object.fromEntries((person.inUserInfo ?? []).map((name) => [name, undefined])) };
}

/**
 * Returns the settings of oidc-provider: claims in the ID token unless they are only in UserInfo, PKCE required, no
 * consent page, no output on the console.
 */
export function providerConfiguration(deps: {
  people: readonly Person[];
  adapter: new (kind: string) => Adapter;
  port: number;
  pages: Pages;
}): Configuration {
  const { people, port } = deps;
  const extra = [...new Set(people.flatMap((person) => Object.keys(person.claims ?? {})))];
  const cookie = (name: string) => `sallyport-idp-${port}-${name}`;
  return {
    adapter: deps.adapter as unknown as NonNullable<Configuration['adapter']>,
    jwks: { keys: signingKeys() },
    cookies: {
      keys: [randomBytes(32).toString('hex')],
      names: { session: cookie('session'), interaction: cookie('login'), resume: cookie('resume') },
    },
    claims: {
      openid: ['sub', 'amr', 'auth_time', ...extra],
      email: ['email', 'email_verified'],
      profile: ['name'],
      groups: ['groups'],
    },
    scopes: scope.split(' '),
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, ...createLogoutPages(deps.pages) },
      backchannelLogout: { enabled: true },
    },
    // Back-channel logout calls clients on this machine. The library's own fetch refuses loopback addresses.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    interactions: { policy: askEachTime(), url: (_ctx, interaction) => `/login/${interaction.uid}` },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // Not with the session of the browser, where another person may log in next.
    expiresWithSession: () => false,
    ttl,
    findAccount(_ctx, accountId) {
      const person = people.find((one) => subjectOf(one) === accountId);
      return person && { accountId, claims: (use) => claimsOf(person, use) };
    },
    // Replaces the consent page, because the only clients are our own.
    async loadExistingGrant(ctx) {
      const { client, session, provider } = ctx.oidc;
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
      grant.addOIDCScope(scope);
      await grant.save();
      return grant;
    },
    renderError(ctx, { error, error_description: description }) {
      const said = `${error}${description === undefined ? '' : `: ${description}`}`;
      const { text, headers } = deps.pages.render(errorTitle, errorText(said));
      ctx.set(headers);
      ctx.body = text;
    },
  };
}
