import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed } from '@sallyport/bed';
import { addToGateway } from '../connectors/private-cluster.ts';
import { Closers } from '../harness/closers.ts';
import {
  describeWith,
  eventually,
  countProtocols,
  joinAuditLogs,
  noteSkip,
  realClusterAccess,
  runCommand,
  startGateway,
  theBed,
  type Gateway,
} from '../harness/index.ts';
import { alone, parts, runCases, type CaseResults } from './run-cases.ts';

const tester = 'tester@example.com';
const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'conformance' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'User', name: tester, apiGroup: 'rbac.authorization.k8s.io' }],
};
const timeoutMs = 1_200_000;
/** A gateway, and the environment of kubectl that leads through it. */
type Way = { gateway: Gateway; env: Record<string, string> };

/** Starts a gateway that reaches the cluster directly or through a connector. */
async function openWay(closers: Closers, way: 'direct' | 'connector'): Promise<Way> {
  // By host, because kubectl proxy drops the path of a URL.
  const host = { host: 'localhost' };
  const gateway = await startGateway({
    http2: true,
    mode: 'processes',
    clusters: [{ ...(await realClusterAccess()), ...(way === 'direct' ? host : {}) }],
    people: [{ user: tester, password: 'tester', groups: ['developers'] }],
  });
  closers.add(gateway.stop);
  const person = await gateway.person(tester);
  const text = readFileSync(person.kubeconfig, 'utf8');
  const [byPath, byHost] = [`${gateway.url}/clusters/dev`, gateway.url.replace('127.0.0.1', 'localhost')];
  const kubeconfig = path.join(person.home, 'by-host');
  writeFileSync(kubeconfig, text.replace(`server: ${byPath}`, `server: ${byHost}`), { mode: 0o600 });
  const env = { ...person.env, KUBECONFIG: kubeconfig };
  if (way === 'connector') {
    await (await addToGateway(gateway, { more: host }, closers)).startConnector();
    const ask = () => runCommand(theBed().kubectl!, ['get', 'ns'], { env });
    await eventually('requests through the connector', async () => (await ask()).code === 0);
  }
  return { gateway, env };
}

/** Cases that pass directly and cannot pass through the gateway, and why. Documented in docs/compatibility.md. */
const exceptions: Record<string, string> = {
  '[sig-auth] SelfSubjectReview should support SelfSubjectReview API operations':
    'it impersonates a user itself (Impersonate-*), which the gateway always refuses',
  '[sig-auth] Certificates API [Privileged:ClusterAdmin] should support building a client with a CSR':
    'it then uses a client certificate that the cluster signed, which is not a login at the gateway',
};

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl'],
  'the conformance cases of Kubernetes, directly, through four processes, and through a connector',
  () => {
    const closers = new Closers();
    let program: string | undefined;
    let ways: Record<'through' | 'connector', Way>;
    beforeAll(async () => {
      const tools = await startBed({
        need: ['conformance'],
        onProgress: (line) => process.stderr.write(`bed: ${line}\n`),
      });
      closers.add(() => tools.stop());
      program = tools.programs.conformance;
      for (const { why } of tools.missing) noteSkip('conformance cases', why);
      if (process.env['CI'] === 'true') expect(tools.missing).toEqual([]);
      await theBed().cluster!.admin.apply(binding);
      ways = { through: await openWay(closers, 'direct'), connector: await openWay(closers, 'connector') };
    }, 1_800_000);
    afterAll(async () => {
      await closers.run();
      await theBed().cluster!.admin.kubectl(['delete', 'clusterrolebinding', 'conformance', '--ignore-not-found']);
    });

    const run = async (
      cases: Record<string, string>,
      name: string,
      env: Record<string, string>,
    ): Promise<CaseResults> => {
      const all = await Promise.all(
        Object.entries(cases).map((one) => runCases(program!, one, { name, env, timeoutMs })),
      );
      return new Map(all.flatMap((results) => [...results]));
    };

    it(
      'have the same results, apart from the exceptions',
      async () => {
        if (program === undefined) return;
        const sides = {
          past: { KUBECONFIG: theBed().cluster!.adminKubeconfig },
          through: ways.through.env,
          connector: ways.connector.env,
        };
        const names = Object.keys(sides) as (keyof typeof sides)[];
        const all = await Promise.all(names.map((name) => run(parts, name, sides[name])));
        for (const [index, name] of names.entries())
          for (const [one, result] of await run(alone, name, sides[name])) all[index]!.set(one, result);
        const [past, ...gone] = all as [CaseResults, ...CaseResults[]];
        const states = (results: CaseResults) =>
          Object.fromEntries(
            [...results].filter(([name]) => !Object.hasOwn(exceptions, name)).map(([name, { state }]) => [name, state]),
          );
        const others = (results: CaseResults) => [...results].filter(([, { state }]) => state !== 'passed');
        const failures = (results: CaseResults) =>
          others(results)
            .map(([name, { state, why }]) => `  ${name}: ${state}: ${why}\n`)
            .join('');
        for (const [index, name] of names.entries()) {
          const results = all[index]!;
          const passed = results.size - others(results).length;
          process.stderr.write(`\nconformance cases, ${name}: ${passed} of ${results.size} pass\n${failures(results)}`);
        }
        expect(past.size).toBeGreaterThan(80);
        expect(failures(past)).toBe('');
        for (const results of gone) {
          expect(states(results)).toEqual(states(past));
          expect(
            others(results)
              .map(([name]) => name)
              .toSorted(),
          ).toEqual(Object.keys(exceptions).toSorted());
        }
      },
      timeoutMs + 60_000,
    );

    it.each(['through', 'connector'] as const)('leave every request in both logs: %s', async (name) => {
      if (program === undefined) return;
      const { lost, leaked, unknown, joined } = await joinAuditLogs(ways[name].gateway);
      expect({ lost, leaked, unknown }).toEqual({ lost: [], leaked: [], unknown: [] });
      expect(joined.length).toBeGreaterThan(1000);
      expect(countProtocols(ways[name].gateway, `conformance, ${name}`)['http/2']).toBeGreaterThan(1000);
    });
  },
);
