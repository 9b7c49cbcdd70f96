import { randomBytes, randomUUID } from 'node:crypto';
import { createMetrics, hashToken } from '@sallyport/kit';
import { createMemorySessionStore, createMemorySingleUseStore } from '@sallyport/stores';
import { pino } from 'pino';
import { createLoginEvents } from '../events/login-events.ts';
import { createWorkloads } from '../startup/create-workloads.ts';
import { createExchangeToken } from '../workloads/create-exchange-token.ts';
import { createOpenWorkloadSession } from '../workloads/open-workload-session.ts';
import { createVerifyToken } from '../workloads/verify-workload-token.ts';
import { createFakeIssuer } from './fake-issuer.ts';
import { recordingSink } from './recording-sink.ts';
import { testConfig } from './test-config.ts';

export const actions = 'https://token.actions.example.com';
export const ciWorkload = {
  name: 'ci',
  issuer: actions,
  audience: 'sallyport',
  match: { repository: 'example/shop', ref: 'refs/heads/main' },
  user: 'ci:{{repository}}',
  groups: ['deployers'],
};

/** A rig that opens sessions of workloads on a memory store, with an issuer shaped like GitHub Actions. */
export function createWorkloadRig(workloads: object[] = [ciWorkload], issuer = actions) {
  const clock = { now: 1_800_000_000_000 };
  const now = () => clock.now;
  const fake = createFakeIssuer(issuer, clock);
  const metrics = createMetrics();
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const config = testConfig({ workloads });
  const loaded = { config, resolvePath: (file: string) => file };
  const created = createWorkloads(
    { loaded, fetch: (url, options) => fake.fetch(url, options), logger, metrics, now },
    [],
  )!;
  const sessions = createMemorySessionStore({ now });
  const audit = recordingSink();
  let ids = 0;
  const deps = {
    workloads: created.compiled,
    verify: createVerifyToken({ sources: created.sources, now, attempted: created.metrics.verified }),
    sessions,
    events: createLoginEvents({ audit, now, randomId: () => `id-${(ids += 1)}` }),
    now,
  };
  const open = createOpenWorkloadSession(deps);
  const exchange = createExchangeToken({
    ...deps,
    open,
    singleUse: createMemorySingleUseStore({ now }),
    randomToken: () => randomBytes(32).toString('base64url'),
    randomId: () => randomUUID(),
  });
  const countOf = async (name: string) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'm').exec(await metrics.metrics())?.[1] ?? 0);
  return {
    clock,
    fake,
    audit,
    lines,
    sessions,
    open: (token: string, clusters: Parameters<typeof open>[0]['clusters'] = []) =>
      open({ token, clusters, facts: { clientAddress: '10.0.0.7' }, path: '/v1/workload-sessions' }),
    exchange: (token: string) => exchange({ token, clusters: [], facts: { clientAddress: '10.0.0.7' } }),
    lookUp: async (token: string) => (await sessions.find([hashToken(token)]))[0]!,
    verifications: () => countOf('sallyport_workload_verifications_total'),
    fetches: () => fake.seen.filter((url) => url.endsWith('/jwks')).length,
  };
}
