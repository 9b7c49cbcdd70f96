// The server of the measurement: authorize with a memory store, users who are logged in, and 20 rules on the cluster.
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer } from 'node:http';
import process from 'node:process';
import { configSchema } from '@sallyport/contracts';
import { createDirectoryStore } from '@sallyport/directory';
import { createLogger, createServiceVerifier, hashToken, listenHttp } from '@sallyport/kit';
import { createMemoryElevationStore, createMemorySessionStore } from '@sallyport/stores';
import { requestElevation } from '../elevation-states/request-elevation.ts';
import { ownNames } from '../elevation-states/same-person.ts';
import { transition } from '../elevation-states/transition.ts';
import { compileConfigPolicies } from '../policies/compile-policies.ts';
import { createPolicySet } from '../policies/policy-set.ts';
import { createAuthorize } from '../service/create-authorize.ts';

const now = Date.now;
const policy = Array.from({ length: 20 }, (_none, index) => ({
  allow: {
    and: [{ groups: index === 19 ? 'developers' : `team-${index}` }, { 'k8s/namespace': { in: ['dev', 'test'] } }],
  },
}));

async function logIn(count: number) {
  const store = createMemorySessionStore({ now });
  for (let index = 0; index < count; index += 1) {
    const user = `person-${index}@example.com`;
    await store.create(hashToken(`spt_${index}`), {
      version: 1,
      id: `session-${index}`,
      kind: 'cli',
      createdAt: now(),
      expiresAt: now() + 36_000_000,
      idleMs: 7_200_000,
      identity: {
        provider: 'corp',
        issuer: 'https://idp.example.com',
        subject: `subject-${index}`,
        user,
        email: user,
        groups: ['developers', 'everyone', 'cn=a,ou=b'],
        claims: { department: 'x' },
        amr: ['pwd'],
      },
    });
  }
  return store;
}

/** Returns a store with active elevations, each of another person who is not logged in. */
async function elevate(count: number) {
  const store = createMemoryElevationStore({ now });
  for (let index = 0; index < count; index += 1) {
    const asked = requestElevation(
      {
        id: `elevation-${index}`,
        name: 'admin',
        cluster: 'dev',
        groups: ['admins'],
        requester: { issuer: 'https://idp.example.com', subject: `other-${index}`, user: `other-${index}` },
        durationMs: 36_000_000,
        approvalsNeeded: 0,
        pendingTimeoutMs: 1000,
        whenAuditUnavailable: 'refuse',
      },
      now(),
    );
    const recorded = transition(asked, { type: 'recorded', upTo: asked.events }, now(), ownNames);
    const active = recorded.ok ? transition(recorded.next, { type: 'tick' }, now(), ownNames) : recorded;
    if (!active.ok || active.next.state !== 'active') throw new Error('the elevation is not active');
    await store.create(active.next, active.next.expiresAt);
  }
  return store;
}

async function main(): Promise<void> {
  const [{ publicKey }] = (await once(process, 'message')) as [{ publicKey: string }];
  const sessions = await logIn(Number(process.argv[2]));
  const elevated = Number(process.argv[3]);
  const entry = {
    name: 'admin',
    clusters: ['*'],
    groups: ['admins'],
    requesters: { groups: ['everyone'] },
    approvals: 0,
  };
  const config = configSchema.parse({
    gateway: { url: 'http://127.0.0.1:1' },
    clusters: [{ name: 'dev', server: 'https://10.0.0.1', token: 't', policy }],
    elevations: elevated > 0 ? [entry] : [],
  });
  const { snapshot } = compileConfigPolicies({ config, file: 'bench', place: () => undefined });
  const verifier = createServiceVerifier({ name: 'authorize', publicKeys: { proxy: createPublicKey(publicKey) }, now });
  const authorize = createAuthorize({
    sessions,
    policies: createPolicySet(snapshot),
    verifier,
    identity: config.identity,
    elevations: {
      store: await elevate(elevated),
      sink: { publish: async () => {} },
      directory: createDirectoryStore({ redis: undefined, now }),
    },
    logger: createLogger({ service: 'authorize', level: 'warn' }),
    now,
  });
  const server = createServer({ keepAliveTimeout: 65_000 }, authorize.handler).on('upgrade', authorize.upgrade);
  const { port } = await listenHttp(server, { host: '127.0.0.1', port: 0 }, 'the benchmark');
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system });
  });
  // Elevations are read before the first check, which would otherwise wait for all of them.
  if (elevated > 0) await pause(3000);
  process.send?.({ url: `http://127.0.0.1:${port}` });
}

await main();
