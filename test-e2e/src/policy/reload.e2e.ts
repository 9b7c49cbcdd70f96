import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import { freePort } from '@sallyport/bed';
import { serviceProgram } from '@sallyport/standalone';
import {
  describeWith,
  eventually,
  startGateway,
  startPractice,
  startRecordingUpstream,
  type Gateway,
  type PracticeAccess,
  type RecordingUpstream,
} from '../harness/index.ts';
import { createConfigMapVolume, editConfig, metricsOf, reloadsOf, statusOf, versionOf } from './policy-fixture.ts';

/** The promised time is two seconds. A busy machine gets twenty. */
const slackMs = 20_000;
const measured = (what: string, begun: number) =>
  process.stderr.write(`measured: ${what}: ${Math.round(performance.now() - begun)} ms (promised: 2000 ms)\n`);
const both = ['authorize', 'proxy'] as const;

const policyFor = (group: string) => `- allow:\n    or:\n      - groups: ${group}\n`;
const podsOf = (cluster: string) => `/clusters/${cluster}/api/v1/namespaces/dev/pods`;

describeWith(['redis', 'kafka', 'postgres', 'kubectl'], 'a policy that is changed while four processes run', () => {
  let practice: PracticeAccess;
  let other: RecordingUpstream;
  let volume: ReturnType<typeof createConfigMapVolume>;
  let gateway: Gateway;
  let alice: string;
  let carol: string;
  const get = async (cluster = 'dev', token = alice) => (await gateway.request(podsOf(cluster), { token })).status;
  const inStep = async () => {
    const [a, b] = [await versionOf(gateway, 'authorize'), await versionOf(gateway, 'proxy')];
    return a !== undefined && a === b ? a : undefined;
  };
  const settled = (what: string, holds: () => Promise<boolean>) =>
    eventually(what, async () => (await holds()) && (await inStep()) !== undefined, slackMs);
  beforeAll(async () => {
    practice = await startPractice();
    other = await startRecordingUpstream();
    volume = createConfigMapVolume({ 'policy.yaml': policyFor('developers') });
    gateway = await startGateway({
      mode: 'processes',
      clusters: [
        {
          ...practice.access,
          policy: undefined,
          policyFile: volume.file('policy.yaml'),
          shadow: [{ allow: { or: [{ groups: 'sre' }] } }],
        },
      ],
    });
    [alice, carol] = [
      (await gateway.login('alice@example.com')).token,
      (await gateway.login('carol@example.com')).token,
    ];
    await eventually('both to run the same version', inStep);
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
    await other?.stop();
    volume?.remove();
  });

  it('applies within two seconds of an edit, in authorize and in the gateway, and for kubectl', async () => {
    const person = await gateway.person('alice@example.com');
    expect((await person.tryKubectl(['get', 'pods', '-n', 'dev'])).code).toBe(0);
    const before = await inStep();
    const begun = performance.now();
    editConfig(gateway.configFile, (config: { clusters?: { policyFile?: string; policy?: unknown }[] }) => {
      delete config.clusters![0]!.policyFile;
      config.clusters![0]!.policy = [{ allow: { or: [{ groups: 'sre' }] } }];
    });
    await settled('alice to be refused', async () => (await get()) === 403);
    measured('a changed policy holds everywhere', begun);
    expect(await inStep()).not.toBe(before);
    expect((await person.tryKubectl(['get', 'pods', '-n', 'dev'])).stderr).toContain('Forbidden');
    editConfig(gateway.configFile, (config: { clusters?: { policyFile?: string; policy?: unknown }[] }) => {
      delete config.clusters![0]!.policy;
      config.clusters![0]!.policyFile = volume.file('policy.yaml');
    });
    await settled('alice to be allowed again', async () => (await get()) === 200);
    expect(await inStep()).toBe(before);
    const changes = await gateway.audit.await({ type: 'policy.changed' }, 3);
    expect(changes.map(({ data }) => data.sallyport.policy?.trigger)).toEqual(['start', 'file', 'file']);
    expect(changes[2]!.data.sallyport.policy?.version).toBe(before);
  });

  it('applies within two seconds of a swapped link of a ConfigMap', async () => {
    const begun = performance.now();
    volume.put({ 'policy.yaml': policyFor('sre') });
    await settled('alice to be refused', async () => (await get()) === 403);
    measured('a swapped ConfigMap holds everywhere', begun);
    volume.put({ 'policy.yaml': policyFor('developers') });
    await settled('alice to be allowed again', async () => (await get()) === 200);
  });

  it('is refused as a whole when it has a fault, with file, line and column, and the previous one decides until it is fixed', async () => {
    const version = await inStep();
    const bad = `${policyFor('developers')}- deny:\n    nad:\n      - groups: mallory\n`;
    volume.put({ 'policy.yaml': bad });
    const replicas = await eventually(
      'both to report that they refuse it',
      async () => {
        const found = await statusOf(gateway, carol);
        return found.length === 2 && found.every(({ rejected }) => rejected !== undefined) ? found : undefined;
      },
      slackMs,
    );
    for (const { rejected } of replicas)
      expect(rejected!.faults).toEqual([
        {
          file: volume.file('policy.yaml'),
          line: 5,
          column: 5,
          path: 'clusters.0.policy.1.deny.nad',
          message: 'unknown operator "nad"',
          hint: expect.stringContaining('did you mean'),
        },
      ]);
    expect([await get(), await inStep()]).toEqual([200, version]);
    for (const service of both) expect((await metricsOf(gateway, service)).get('sallyport_config_rejected')).toBe(1);
    const [event] = await gateway.audit.await({ type: 'policy.rejected' });
    expect(event!.data.sallyport.policy).toMatchObject({ version, faults: [{ line: 5, column: 5 }] });

    const person = await gateway.person('carol@example.com');
    const { code, stdout } = await person.cli(['policy', 'status']);
    expect(code).toBe(8);
    expect(stdout).toContain(`${volume.file('policy.yaml')}:5:5: clusters.0.policy.1.deny.nad: unknown operator "nad"`);
    volume.put({ 'policy.yaml': policyFor('developers') });
    await eventually(
      'the status to be good again',
      async () => (await person.cli(['policy', 'status'])).code === 0,
      slackMs * 2,
    );
  });

  it('is reloaded on SIGHUP and through the API, by every service that can, and only by callers with the permission', async () => {
    const counts = async () => Promise.all(both.map((service) => reloadsOf(gateway, service, 'unchanged')));
    const before = await counts();
    for (const name of serviceNames) process.kill(gateway.processes!.pid(name)!, 'SIGHUP');
    await eventually(
      'both to have read it',
      async () => (await counts()).every((count, index) => count > before[index]!),
      slackMs,
    );
    const after = await counts();
    const reload = (token: string) => gateway.request('/.sallyport/api/v1/policy/reload', { method: 'POST', token });
    expect((await reload(carol)).status).toBe(202);
    await eventually(
      'both to have read it again',
      async () => (await counts()).every((count, index) => count > after[index]!),
      slackMs,
    );
    expect(await (await gateway.person('carol@example.com')).cli(['policy', 'reload'])).toMatchObject({ code: 0 });
    for (const [where, method] of [
      ['reload', 'POST'],
      ['status', 'GET'],
    ] as const) {
      const refused = await gateway.request(`/.sallyport/api/v1/policy/${where}`, { method, token: alice });
      expect(refused.status).toBe(403);
      expect(refused.text).not.toMatch(/replica|[0-9a-f]{16}/);
    }
    await gateway.audit.await(
      (record) =>
        record.type === 'http.request' &&
        record.data.requestURI.endsWith('/policy/reload') &&
        record.data.responseStatus?.code === 202,
    );
    expect(await get()).toBe(200);
  });

  it('adds a cluster, and removes it with its open streams', async () => {
    other.answer((request, response) => {
      if (request.url!.includes('watch=true'))
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"type":"BOOKMARK"}\n');
      else response.end('{}');
    });
    expect(await get('late')).toBe(403);
    const add = (config: { clusters?: object[] }) =>
      config.clusters!.push({ name: 'late', ...other.access, policy: [{ allow: { or: [{ groups: 'developers' }] } }] });
    const begun = performance.now();
    editConfig(gateway.configFile, add);
    await settled('the cluster to exist', async () => (await get('late')) === 200);
    measured('a new cluster can be used', begun);
    const listed = async () =>
      (
        (await gateway.request('/.sallyport/api/v1/clusters', { token: alice })).json() as {
          clusters: { name: string }[];
        }
      ).clusters.map(({ name }) => name);
    expect(await listed()).toEqual(['dev', 'late']);
    const watch = gateway.request(`${podsOf('late')}?watch=true`, { token: alice }).then(
      (answer) => answer.text,
      (error: Error) => error.message,
    );
    await gateway.audit.await({ verb: 'watch', stage: 'ResponseStarted' });
    editConfig(gateway.configFile, (config: { clusters?: object[] }) => config.clusters!.pop());
    await settled('the cluster to be gone', async () => (await get('late')) === 403);
    expect(await listed()).toEqual(['dev']);
    await watch;
    expect(await get()).toBe(200);
  });

  it('keeps the old value of settings that require a restart, and reports which', async () => {
    editConfig(gateway.configFile, (config: { sessions?: { idle?: string } }) => {
      config.sessions!.idle = '3h';
    });
    const replicas = await eventually(
      'both to report it',
      async () => {
        const found = await statusOf(gateway, carol);
        return found.every(({ restartNeeded }) => restartNeeded.length > 0) ? found : undefined;
      },
      slackMs,
    );
    expect(replicas.map(({ restartNeeded }) => restartNeeded)).toEqual([['sessions.idle'], ['sessions.idle']]);
    expect(await get()).toBe(200);
    editConfig(gateway.configFile, (config: { sessions?: { idle?: string } }) => {
      delete config.sessions!.idle;
    });
    await eventually(
      'neither to report it',
      async () => (await statusOf(gateway, carol)).every(({ restartNeeded }) => restartNeeded.length === 0),
      slackMs,
    );
  });

  it('has its shadow decision only in every event and in the metrics', async () => {
    const [event] = await gateway.audit.await(
      (record) =>
        record.type === 'k8s.request' &&
        record.data.responseStatus?.code === 200 &&
        record.data.sallyport.cluster?.name === 'dev',
    );
    expect(event!.data.sallyport.decision).toMatchObject({
      effect: 'allow',
      shadow: [{ scope: 'shadow/cluster/dev', effect: 'deny', rule: 'default-deny' }],
    });
    expect(
      (await metricsOf(gateway, 'authorize')).get(
        'sallyport_shadow_policy_differences_total{cluster="dev",enforced="allow",shadow="deny"}',
      ),
    ).toBeGreaterThan(0);
  });

  it('shows in its status that two replicas of authorize have different files', async () => {
    const file = path.join(gateway.directory, 'second.yaml');
    copyFileSync(gateway.configFile, file);
    const [port, admin] = [await freePort(), await freePort()];
    editConfig(file, (config: { services?: Record<string, Record<string, string>>; policy?: unknown }) => {
      Object.assign(config.services!['authorize']!, { listen: `127.0.0.1:${port}`, adminListen: `127.0.0.1:${admin}` });
      config.policy = [{ deny: { and: [{ groups: 'banned' }] } }];
    });
    const args = [serviceProgram('authorize'), '--config', file];
    const second: ChildProcess = spawn(process.execPath, args, { stdio: 'ignore' });
    try {
      const replicas = await eventually('the second replica to report', async () => {
        const found = await statusOf(gateway, carol);
        return found.length === 3 ? found : undefined;
      });
      expect(new Set(replicas.map(({ version }) => version)).size).toBe(2);
      const status = await (await gateway.person('carol@example.com')).cli(['policy', 'status']);
      expect(status).toMatchObject({
        code: 8,
        stdout: expect.stringContaining('THE REPLICAS DIFFER:'),
        stderr: expect.stringContaining('the replicas run 2 different policies'),
      });
    } finally {
      second.kill('SIGTERM');
      await once(second, 'exit');
    }
    await eventually('it to be gone', async () => (await statusOf(gateway, carol)).length === 2);
  });

  it('reveals no secret in logs and events', () => {
    const token = readFileSync(path.join(path.dirname(practice.access['tokenFile'] as string), 'token'), 'utf8');
    const logs = both.map((service) => readFileSync(gateway.processes!.logFile(service), 'utf8')).join('');
    for (const secret of [token, other.token, alice, carol]) {
      expect(logs).not.toContain(secret);
      expect(JSON.stringify(gateway.events())).not.toContain(secret);
    }
  });
});
