// The server of the measurement: authorize with a memory store, users who are logged in, and 20 rules on the cluster.
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import process from 'node:process';
import { configSchema } from '@sallyport/contracts';
import { createLogger, createServiceVerifier, hashToken, listenHttp } from '@sallyport/kit';
import { createMemorySessionStore } from '@sallyport/stores';
import { createAuthorize } from '../service/create-authorize.ts';
import { compileConfigPolicies } from '../policies/compile-config-policies.ts';
import { createPolicySet } from '../policies/policy-set.ts';

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

async function main(): Promise<void> {
  const [{ publicKey }] = (await once(process, 'message')) as [{ publicKey: string }];
  const sessions = await logIn(Number(process.argv[2]));
  const config = configSchema.parse({
    gateway: { url: 'http://127.0.0.1:1' },
    clusters: [{ name: 'dev', server: 'https://10.0.0.1', token: 't', policy }],
  });
  const { snapshot } = compileConfigPolicies({ config, file: 'bench', place: () => undefined });
  const verifier = createServiceVerifier({ name: 'authorize', publicKeys: { proxy: createPublicKey(publicKey) }, now });
  const authorize = createAuthorize({
    sessions,
    policies: createPolicySet(snapshot),
    verifier,
    logger: createLogger({ service: 'authorize', level: 'warn' }),
    now,
  });
  const server = createServer({ keepAliveTimeout: 65_000 }, authorize.handler);
  const { port } = await listenHttp(server, { host: '127.0.0.1', port: 0 }, 'the benchmark');
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system });
  });
  process.send?.({ url: `http://127.0.0.1:${port}` });
}

await main();
