import { generateKeyPairSync, hash, randomBytes } from 'node:crypto';
import { interactionPolicy, type Adapter, type Configuration, type JWK } from 'oidc-provider';
import { errorPage } from './login-page.ts';
import { logoutPages } from './logout-pages.ts';
import type { Person } from './people.ts';

const scope = 'openid email profile groups offline_access';
const minute = 60;

/** The stable name of an account, which tells nothing about the person. */
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

/** Everybody logs in anew each time: on a demo one wants to be several people in one browser. */
function askEachTime(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const { Check } = interactionPolicy;
  policy
    .get('login')!
    .checks.add(
      new Check('each_time', 'a login is asked for each time', (ctx) =>
        ctx.oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
      ),
    );
  // Clients with loopback redirects count as native, which would bring a consent page: the only clients here are our
  // own.
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
 * The settings of oidc-provider: claims in the id_token unless a person's are in UserInfo alone, PKCE always, no
 * consent page, nothing on the console.
 */
export function providerConfiguration(deps: {
  people: readonly Person[];
  adapter: new (kind: string) => Adapter;
  port: number;
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
      rpInitiatedLogout: { enabled: true, ...logoutPages },
      backchannelLogout: { enabled: true },
    },
    // Everybody here asks from this machine, and is told there when somebody logs out; the library would let no
    // loopback address be called.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    interactions: { policy: askEachTime(), url: (_ctx, interaction) => `/login/${interaction.uid}` },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // Not with the browser's: somebody else may log in there next.
    expiresWithSession: () => false,
    ttl: {
      AccessToken: 10 * minute,
      AuthorizationCode: minute,
      IdToken: 10 * minute,
      RefreshToken: 24 * 60 * minute,
      Interaction: 10 * minute,
      Session: 10 * minute,
      Grant: 24 * 60 * minute,
    },
    findAccount(_ctx, accountId) {
      const person = people.find((one) => subjectOf(one) === accountId);
      return person && { accountId, claims: (use) => claimsOf(person, use) };
    },
    // In place of a consent page: the only clients are our own.
    async loadExistingGrant(ctx) {
      const { client, session, provider } = ctx.oidc;
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
      grant.addOIDCScope(scope);
      await grant.save();
      return grant;
    },
    renderError(ctx, { error, error_description: description }) {
      ctx.type = 'html';
      ctx.body = errorPage(`${error}${description === undefined ? '' : `: ${description}`}`);
    },
  };
}
