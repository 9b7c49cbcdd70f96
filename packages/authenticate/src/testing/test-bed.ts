import { askDirectory } from '../directory/provider-with-directory.ts';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { pino } from 'pino';
import type { Express } from 'express';
import request from 'supertest';
import { configSchema, foreignPrefixes, type AuditRecord, type Config } from '@sallyport/contracts';
import { type AuditSink } from '@sallyport/audit-log';
import { createDirectoryStore, type DirectoryStore } from '@sallyport/directory';
import {
  createMetrics,
  createSessionTokenSigner,
  createSessionTokenVerifier,
  encodeCaller,
  hashToken,
  ProblemError,
  type Caller,
} from '@sallyport/kit';
import {
  createMemoryProviderTokenStore,
  createMemorySessionStore,
  createMemorySingleUseStore,
  createTokenSealer,
  type ProviderTokenStore,
  type SessionStore,
  type SingleUseStore,
} from '@sallyport/stores';
import type { AuthenticateDeps } from '../app/authenticate-deps.ts';
import { createAuthenticateApp } from '../app/create-authenticate-app.ts';
import { loadScimClients } from '@sallyport/directory';
import { openDirectory } from '@sallyport/directory';
import { readLoginSettings } from '../settings/login-settings.ts';
import { createProviderClient } from '../providers/create-provider-client.ts';
import type { OutboundFetch } from '@sallyport/kit';
import { createRefresher } from '../refresh/create-refresher.ts';
import { forgetWithSessions } from '../tokens/delete-tokens-with-sessions.ts';
import { createLoginEvents } from '../events/login-events.ts';
import { createLoginWatch } from '../events/login-monitor.ts';
import { clientId, createTestProvider, issuer } from './test-provider.ts';

export const gateway = 'https://gate.example.com:8443';
export const credential = 'Sallyport-Service of-the-proxy';

/** The configuration of these tests; sections may be replaced. */
export function testConfig(sections: Record<string, unknown> = {}): Config {
  return configSchema.parse({
    gateway: { url: gateway, tls: { certFile: 'tls.crt', keyFile: 'tls.key' } },
    identity: { providers: [{ id: 'corp', issuer, clientId, clientSecret: 's3cr3t' }] },
    ...sections,
  });
}

/** A sink that keeps what it is told. */
export function recordingSink(): AuditSink & { records: AuditRecord[]; full: boolean } {
  const records: AuditRecord[] = [];
  const sink = {
    records,
    full: false,
    publish: async (record: AuditRecord) => void records.push(record),
    enqueue: (record: AuditRecord) => void records.push(record),
    hasRoom: () => !sink.full,
    ping: async () => {},
    close: async () => {},
  };
  return sink;
}

/**
 * The service on memory stores, with a test provider for each configured one, and a browser of which the cookies are
 * kept; another one `elsewhere`, for logins that end in another place than they began.
 */
export async function createBed(
  sections: Record<string, unknown> = {},
  stores: {
    sessions?: SessionStore;
    singleUse?: SingleUseStore;
    providerTokens?: ProviderTokenStore;
    fetch?: OutboundFetch;
    directory?: DirectoryStore;
    apiFetch?: OutboundFetch;
    baseDir?: string;
    clock?: { now: number };
  } = {},
) {
  const { fetch } = stores;
  const config = testConfig(sections);
  const clock = stores.clock ?? { now: Date.now() };
  const now = () => clock.now;
  const provider = await createTestProvider();
  const audit = recordingSink();
  const sessions = stores.sessions ?? createMemorySessionStore({ now });
  const singleUse = stores.singleUse ?? createMemorySingleUseStore({ now });
  const lines: string[] = [];
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keeping = {
    tokens: stores.providerTokens ?? createMemoryProviderTokenStore({ now }),
    sealer: createTokenSealer([{ id: 'k', key: randomBytes(32) }]),
  };
  const metrics = createMetrics();
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const bare: AuthenticateDeps = {
    settings: readLoginSettings(config),
    sessions: forgetWithSessions(sessions, { tokens: keeping.tokens, logger }),
    singleUse,
    audit,
    now,
    tokens: createSessionTokenSigner({ privateKey, gatewayUrl: gateway, now }),
    keeping,
    random: () => 0.5,
    providers: config.identity.providers.map((one) =>
      createProviderClient({
        provider: one,
        fetch: fetch ?? provider.fetch,
        now,
        foreign: foreignPrefixes(one, config.identity.providers),
      }),
    ),
    verifier: {
      verified: () => undefined,
      verify: async (header) => {
        if (header !== credential) throw new ProblemError('unauthenticated', 'no');
        return 'proxy';
      },
    },
    logger,
    randomToken: () => randomBytes(32).toString('base64url'),
    randomId: () => randomUUID(),
  };
  const store = stores.directory ?? createDirectoryStore({ redis: undefined, now });
  const resolvePath = (file: string) => path.resolve(stores.baseDir ?? '.', file);
  const directory = openDirectory({
    ...bare,
    config,
    resolvePath,
    store,
    metrics,
    random: () => 0.5,
    scimClients: loadScimClients({ config, file: 'sallyport.yaml', resolvePath, place: () => undefined }),
    sessionEvents: createLoginEvents(bare),
    fetchFor: () => stores.apiFetch ?? (() => Promise.reject(new TypeError('there is no network here'))),
    sleep: async (ms) => void (clock.now += ms),
  });
  const watch = createLoginWatch({ events: createLoginEvents(bare), now, metrics, later: () => {} });
  const deps: AuthenticateDeps = {
    ...bare,
    watch,
    providers: bare.providers.map((client) => askDirectory(client, directory.directory)),
    sessions: directory.sessions,
    ...(directory.scim ? { scim: directory.scim } : {}),
  };
  const app = createAuthenticateApp(deps);
  const refresher = createRefresher({ ...deps, keeping, metrics, events: createLoginEvents(deps), random: () => 0.5 });
  const events = (type: string) => audit.records.filter((record) => record.type === type);
  const tokens = createSessionTokenVerifier({ publicKey, gatewayUrl: gateway, now });
  return {
    app,
    deps,
    keeping,
    refresher,
    directory,
    store,
    metrics,
    config,
    tokens,
    clock,
    provider,
    audit,
    events,
    sessions,
    singleUse,
    lines,
    browser: createBrowser(app),
    elsewhere: createBrowser(app),
  };
}
export type Bed = Awaited<ReturnType<typeof createBed>>;

/** A browser: sends what the gateway would add, keeps cookies, follows nothing. */
export function createBrowser(app: Express, origin = gateway) {
  const jar = new Map<string, string>();
  const send = async (
    method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head',
    path: string,
    headers: Record<string, string> = {},
    body?: string | object,
  ) => {
    let call = request(app)
      [method](path)
      .set({
        authorization: credential,
        'sallyport-origin': origin,
        'sallyport-client-address': '192.0.2.7',
        'user-agent': 'test',
        accept: 'text/html',
        ...headers,
      })
      .redirects(0);
    if (jar.size > 0 && headers['cookie'] === undefined)
      call = call.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await (body === undefined ? call : call.send(body));
    for (const line of (response.headers['set-cookie'] ?? []) as unknown as string[]) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  return {
    jar,
    get: (path: string, headers?: Record<string, string>) => send('get', path, headers),
    post: (path: string, headers?: Record<string, string>, body?: string | object) => send('post', path, headers, body),
    send,
  };
}
export type Browser = ReturnType<typeof createBrowser>;

export const verifier = 'v'.repeat(43);
export const cliRedirect = 'http://127.0.0.1:41234/callback';
export const cliLogin = (changes: Record<string, string | undefined> = {}) => {
  const all = {
    redirect_uri: cliRedirect,
    state: 'state-of-the-cli',
    code_challenge: hashToken(verifier),
    code_challenge_method: 'S256',
    ...changes,
  };
  return `/.sallyport/login?${new URLSearchParams(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined)).toString()}`;
};

/** Goes to the provider and back; `answer` may change what the browser brings. */
export async function throughProvider(
  bed: Bed,
  path: string,
  answer: (query: Record<string, string>) => Record<string, string> = (query) => query,
  browser: Browser = bed.browser,
) {
  const there = await browser.get(path);
  if (there.status !== 302) return there;
  return browser.get(
    `/.sallyport/callback?${new URLSearchParams(answer(bed.provider.logIn(there.headers['location']!))).toString()}`,
  );
}

/** Logs in as a program does, up to the one-time code. */
export async function cliCode(bed: Bed): Promise<string> {
  const back = await throughProvider(bed, cliLogin());
  return new URL(back.headers['location']!).searchParams.get('code')!;
}

export const exchange = (bed: Bed, changes: Record<string, unknown>) =>
  bed.browser.post(
    '/.sallyport/token',
    { accept: 'application/json' },
    { grant_type: 'authorization_code', code_verifier: verifier, redirect_uri: cliRedirect, ...changes },
  );

/** The header by which the gateway says who makes a call. */
export function callerHeaderFor(caller: {
  id: string;
  kind?: 'cli' | 'browser';
  privileged?: boolean;
  subject?: string;
  user?: string;
}): Record<string, string> {
  const value: Caller = {
    session: { id: caller.id, kind: caller.kind ?? 'cli', expiresAt: 0 },
    privileged: caller.privileged ?? false,
    clientAddress: '192.0.2.9',
    identity: {
      provider: 'corp',
      issuer,
      subject: caller.subject ?? 'sub-alice',
      user: caller.user ?? 'alice@example.com',
      groups: [],
      amr: [],
    },
  };
  return { 'sallyport-caller': encodeCaller(value) };
}
