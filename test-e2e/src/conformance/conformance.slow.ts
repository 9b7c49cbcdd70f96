import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import {
  describeWith,
  joinAuditLogs,
  noteSkip,
  realClusterAccess,
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

/** Cases that pass directly and cannot pass through the gateway, and why. Documented in docs/compatibility.md. */
const exceptions: Record<string, string> = {
  '[sig-auth] SelfSubjectReview should support SelfSubjectReview API operations':
    'it impersonates a user itself (Impersonate-*), which the gateway always refuses',
  '[sig-auth] Certificates API [Privileged:ClusterAdmin] should support building a client with a CSR':
    'it then uses a client certificate that the cluster signed, which is not a login at the gateway',
};

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl'],
  'the conformance cases of Kubernetes, directly and through four processes',
  () => {
    let tools: Bed;
    let gateway: Gateway;
    let program: string | undefined;
    let through: Record<string, string>;
    beforeAll(async () => {
      tools = await startBed({ need: ['conformance'], onProgress: (line) => process.stderr.write(`bed: ${line}\n`) });
      program = tools.programs.conformance;
      for (const { why } of tools.missing) noteSkip('conformance cases', why);
      if (process.env['CI'] === 'true') expect(tools.missing).toEqual([]);
      await theBed().cluster!.admin.apply(binding);
      // By host, because kubectl proxy drops the path of a URL.
      gateway = await startGateway({
        mode: 'processes',
        clusters: [{ ...(await realClusterAccess()), host: 'localhost' }],
        people: [{ user: tester, password: 'tester', groups: ['developers'] }],
      });
      const person = await gateway.person(tester);
      const kubeconfig = path.join(person.home, 'by-host');
      writeFileSync(
        kubeconfig,
        readFileSync(person.kubeconfig, 'utf8').replace(
          `server: ${gateway.url}/clusters/dev`,
          `server: ${gateway.url.replace('127.0.0.1', 'localhost')}`,
        ),
        { mode: 0o600 },
      );
      through = { ...person.env, KUBECONFIG: kubeconfig };
    }, 1_800_000);
    afterAll(async () => {
      await gateway?.stop();
      await theBed().cluster!.admin.kubectl(['delete', 'clusterrolebinding', 'conformance', '--ignore-not-found']);
      await tools?.stop();
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
        const direct = { KUBECONFIG: theBed().cluster!.adminKubeconfig };
        const [past, gone] = await Promise.all([run(parts, 'past', direct), run(parts, 'through', through)]);
        for (const [results, name, env] of [
          [past, 'past', direct],
          [gone, 'through', through],
        ] as const)
          for (const [one, result] of await run(alone, name, env)) results.set(one, result);
        const states = (results: CaseResults) =>
          Object.fromEntries(
            [...results].filter(([name]) => !Object.hasOwn(exceptions, name)).map(([name, { state }]) => [name, state]),
          );
        const passed = (results: CaseResults) => [...results.values()].filter(({ state }) => state === 'passed').length;
        const failures = (results: CaseResults) =>
          [...results]
            .filter(([, { state }]) => state !== 'passed')
            .map(([name, { state, why }]) => `  ${name}: ${state}: ${why}\n`)
            .join('');
        process.stderr.write(
          `\nconformance cases: ${past.size}; ${passed(past)} pass directly, ${passed(gone)} through the gateway\ndirectly:\n${failures(past)}through:\n${failures(gone)}\n`,
        );
        expect(states(gone)).toEqual(states(past));
        expect(past.size).toBeGreaterThan(80);
        expect(failures(past)).toBe('');
        expect(
          [...gone]
            .filter(([, { state }]) => state !== 'passed')
            .map(([name]) => name)
            .toSorted(),
        ).toEqual(Object.keys(exceptions).toSorted());
      },
      timeoutMs + 60_000,
    );

    it('leave every request in both logs', async () => {
      if (program === undefined) return;
      const { lost, leaked, unknown, joined } = await joinAuditLogs(gateway);
      expect({ lost, leaked, unknown }).toEqual({ lost: [], leaked: [], unknown: [] });
      expect(joined.length).toBeGreaterThan(1000);
    });
  },
);
