import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Writable } from 'node:stream';
import {
  checkResponseSchema,
  configSchema,
  type Check,
  type Identity,
  type ServiceName,
  type Session,
} from '@sallyport/contracts';
import {
  createLogger,
  createMetrics,
  createServiceIdentity,
  createServiceVerifier,
  hashToken,
  listenHttp,
  type LoadedConfig,
  type Tracer,
} from '@sallyport/kit';
import {
  createMemoryElevationStore,
  createMemorySessionStore,
  type ElevationStore,
  type SessionStore,
} from '@sallyport/stores';
import { createDirectoryStore, type DirectoryStore } from '@sallyport/directory';
import type { CompiledPolicy } from '@sallyport/policy';
import type { AuditSink } from '@sallyport/audit-log';
import { compileConfigPolicies } from '../policies/compile-policies.ts';
import { createPolicySet } from '../policies/policy-set.ts';
import { createAuthorize } from '../service/create-authorize.ts';

export const sampleConfig = {
  gateway: { url: 'http://127.0.0.1:8443' },
  clusters: [
    {
      name: 'dev',
      server: 'https://10.0.0.1:6443',
      token: 't',
      impersonate: { groups: ['dev*', 'cn=*', 'system:*'], allowSystem: ['system:masters'] },
      policy: [{ allow: { or: [{ groups: 'developers' }] } }, { deny: { and: [{ 'k8s/verb': 'delete' }] } }],
    },
    { name: 'open', server: 'https://10.0.0.2:6443', token: 't', policy: { allow: { or: [{ accept: true }] } } },
    { name: 'shut', server: 'https://10.0.0.3:6443', token: 't' },
  ],
  api: { policy: { sessions: [{ allow: { or: [{ groups: 'sre' }] } }] } },
};

export function loadedConfig(config: unknown = sampleConfig): LoadedConfig {
  return {
    config: configSchema.parse(config),
    file: 'sallyport.yaml',
    resolvePath: (file) => file,
    place: () => undefined,
    files: new Map(),
    fileOf: new Map(),
  };
}

/** A policy with a bug. */
export const throwingPolicy: CompiledPolicy = {
  scope: 'x',
  ruleCount: 1,
  deny: [],
  allow: [
    {
      name: 'x[0].allow.or',
      every: false,
      invert: false,
      labels: ['accept'],
      data: [true],
      criteria: [
        () => {
          throw new Error('planted');
        },
      ],
    },
  ],
};

export function identityOf(user: string, groups: string[] = [], more: Partial<Identity> = {}): Identity {
  return {
    provider: 'corp',
    issuer: 'https://idp.example.com',
    subject: `sub-${user}`,
    user,
    email: user,
    groups,
    claims: { secret: 'claim' },
    amr: ['pwd'],
    ...more,
  };
}

export function sessionOf(identity: Identity, more: Partial<Session> = {}): Session {
  const createdAt = Date.now();
  return {
    version: 1,
    id: `id-${identity.user}`,
    kind: 'cli',
    identity,
    createdAt,
    expiresAt: createdAt + 3_600_000,
    idleMs: 600_000,
    ...more,
  };
}

export const kubernetes = (more: Partial<NonNullable<Check['kubernetes']>> = {}): NonNullable<Check['kubernetes']> => ({
  verb: 'get',
  requestVerb: 'get',
  isResourceRequest: true,
  path: '/api/v1/namespaces/dev/pods',
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'dev',
  name: '',
  ...more,
});

export function checkOf(token: string | undefined, target: Check['target'], more: Partial<Check> = {}): Check {
  return {
    credential: token === undefined ? { kind: 'none' } : { kind: 'token', hash: hashToken(token) },
    target,
    request: { method: 'GET', path: '/', host: 'gate', ip: '10.0.0.9' },
    ...(target.kind === 'cluster' ? { kubernetes: kubernetes() } : {}),
    ...more,
  };
}

/** Creates a logger whose lines can be read. */
export function createLoggerRig(level = 'info') {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return { logger: createLogger({ service: 'authorize', level, destination }), lines };
}

/** Creates the keys of every service that may call: what verifies them, and a credential of each. */
function createCallers(now: () => number) {
  const keys = Object.fromEntries(
    (['proxy', 'authenticate', 'audit'] as const).map((name) => [name, generateKeyPairSync('ed25519')]),
  );
  const publicKeys = Object.fromEntries(Object.entries(keys).map(([name, pair]) => [name, pair.publicKey]));
  const verifier = createServiceVerifier({ name: 'authorize', publicKeys, now });
  const credential = (name: ServiceName = 'proxy') =>
    createServiceIdentity({ name, privateKey: keys[name]!.privateKey, now }).credentialFor('authorize');
  const revokeKey = (name: ServiceName) => void delete publicKeys[name];
  return { verifier, credential, revokeKey };
}

type RigOptions = {
  directory?: Pick<DirectoryStore, 'find' | 'lastSync'>;
  config?: unknown;
  sessions?: SessionStore;
  storeTimeoutMs?: number;
  level?: string;
  elevations?: { store?: ElevationStore; sink?: Pick<AuditSink, 'publish' | 'keep'> };
  now?: () => number;
  tracer?: Tracer;
};

/** Returns the given store and audit log for elevations, or ones in memory that take everything. */
const elevationParts = ({ elevations, directory }: RigOptions, now: () => number) => ({
  directory: directory ?? createDirectoryStore({ redis: undefined, now }),
  store: elevations?.store ?? createMemoryElevationStore({ now }),
  sink: elevations?.sink ?? { publish: async () => {} },
});

/** Starts authorize on its own port, with a memory store or the given one, and with the keys of every service. */
export async function startRig(options: RigOptions = {}) {
  const now = options.now ?? Date.now;
  const { verifier, credential, revokeKey } = createCallers(now);
  const store = createMemorySessionStore({ now });
  const sessions = options.sessions ?? store;
  const { logger, lines } = createLoggerRig(options.level);
  const metrics = createMetrics();
  const loaded = loadedConfig(options.config);
  const policies = createPolicySet(compileConfigPolicies(loaded).snapshot);
  const authorize = createAuthorize({
    sessions,
    policies,
    identity: loaded.config.identity,
    verifier,
    logger,
    metrics,
    now,
    tracer: options.tracer,
    elevations: elevationParts(options, now),
    notifications: loaded.config.notifications,
    ...(options.storeTimeoutMs === undefined ? {} : { storeTimeoutMs: options.storeTimeoutMs }),
  });
  const server = createServer(authorize.handler).on('upgrade', authorize.upgrade);
  const listening = await listenHttp(server, { host: '127.0.0.1', port: 0 }, 'the test');
  const url = `http://127.0.0.1:${listening.port}`;
  const authorization = await credential();
  const post = async (body: string, headers?: Record<string, string>) =>
    fetch(`${url}/v1/check`, {
      method: 'POST',
      body,
      headers: headers ?? { authorization: await credential() },
    });
  return {
    url,
    store,
    policies,
    lines,
    metrics,
    authorization,
    credential,
    revokeKey,
    post,
    logIn: async (identity: Identity, more: Partial<Session> = {}) => {
      const token = `spt_${identity.user}_${Math.random()}`;
      await store.create(hashToken(token), sessionOf(identity, more));
      return token;
    },
    async ask(...checks: Check[]) {
      const response = await post(JSON.stringify({ checks }));
      if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
      return checkResponseSchema.parse(await response.json()).answers;
    },
    release: () => authorize.release(0),
    stop: () => authorize.close(),
    async close() {
      await authorize.close();
      await listening.close(0);
    },
  };
}
