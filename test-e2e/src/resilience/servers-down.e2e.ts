import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith, eventually } from '../harness/index.ts';
import {
  askExec,
  beginLogin,
  configMap,
  configMaps,
  needs,
  pods,
  startRig,
  timed,
  type ResilienceRig,
} from './resilience-fixture.ts';

describeWith(needs, 'when a server that the services depend on goes down', () => {
  let rig: ResilienceRig;
  let token: string;
  const get = (path: string) => timed(rig.gateway, token, path);
  const create = () => timed(rig.gateway, token, configMaps, { method: 'POST', body: configMap() });
  beforeAll(async () => {
    rig = await startRig();
    token = (await rig.gateway.login('alice@example.com')).token;
    expect((await get(pods)).status).toBe(200);
  });
  afterAll(() => rig?.stop());

  const promise = (name: string, ms: number, promised: number) => {
    process.stderr.write(`measured: ${name}: ${ms} ms (promised: ${promised} ms)\n`);
    expect(ms).toBeLessThan(10 * promised);
  };

  describe('Redis', () => {
    it.each([
      ['refuses connections', 'pause', 'resume'],
      ['is connected and does not answer', 'freeze', 'thaw'],
    ] as const)(
      'that %s: 503 within a second, and recovery within five seconds of its return, with the same processes',
      async (what, away, back) => {
        const pids = ['authorize', 'authenticate', 'proxy'].map((name) => rig.gateway.processes!.pid(name as 'proxy'));
        await rig.bed.redis[away]();
        const [first, second] = [await get(pods), await get(pods)];
        await rig.bed.redis[back]();
        const returned = performance.now();
        expect(first).toMatchObject({ status: 503, reason: 'ServiceUnavailable' });
        expect(second).toMatchObject({ status: 503 });
        promise(`Redis ${what}, the first request is refused`, first.ms, 1000);
        promise(`Redis ${what}, the second request is refused`, second.ms, 1000);
        await eventually('requests to succeed again', async () => (await get(pods)).status === 200);
        promise(
          `Redis ${what}, time until requests go through after its return`,
          Math.round(performance.now() - returned),
          5000,
        );
        expect(
          ['authorize', 'authenticate', 'proxy'].map((name) => rig.gateway.processes!.pid(name as 'proxy')),
        ).toEqual(pids);
      },
    );

    it('down: a login starts, because its state is not stored there, ends with a page that says so, and works again later', async () => {
      await rig.bed.redis.pause();
      const begun = await beginLogin(rig.gateway);
      const ended = await rig.gateway.login('bob@example.com').then(() => 'with a session', String);
      await rig.bed.redis.resume();
      expect(begun.status).toBe(302);
      expect(ended).toMatch(/ended at a page: 503 [^]*Not possible right now/);
      await eventually('logins work', () => rig.gateway.login('bob@example.com'));
    });
  });

  describe('Kafka', () => {
    it('down: requests that must be audited are refused within two seconds and do not reach the cluster, and reads continue', async () => {
      const count = async () =>
        (
          JSON.parse(await rig.bed.cluster.admin.kubectl(['get', 'configmaps', '-n', 'default', '-o', 'json'])) as {
            items: unknown[];
          }
        ).items.length;
      const before = await count();
      await rig.bed.kafka.pause();
      const [write, secret, exec] = [
        await create(),
        await get('/api/v1/namespaces/default/secrets'),
        await askExec(rig.gateway, token),
      ];
      const reads = [await get(pods), await get(configMaps)];
      await rig.bed.kafka.resume();
      expect([write, secret].map(({ status, cause }) => [status, cause])).toEqual([
        [503, 'audit-unavailable'],
        [503, 'audit-unavailable'],
      ]);
      expect(exec.text).toMatch(/^HTTP\/1\.1 503 .*"reason":"audit-unavailable"/s);
      for (const [name, { ms }] of Object.entries({ write, secret, exec }))
        promise(`Kafka away, a ${name} is refused`, ms, 2000);
      expect(reads.map(({ status }) => status)).toEqual([200, 200]);
      for (const { ms } of reads) expect(ms).toBeLessThan(15_000);
      expect(await count()).toBe(before);
      await eventually('writes to succeed again', async () => (await create()).status === 201);
      const refused = await rig.gateway.audit.await(
        ({ data }) =>
          data.responseStatus?.code === 503 &&
          data.stage === 'ResponseComplete' &&
          data.verb === 'create' &&
          data.objectRef?.resource === 'configmaps',
      );
      expect(refused[0]!.data.user.username).toBe('alice@example.com');
      await rig.gateway.audit.await(
        ({ data }) => data.responseStatus?.code === 200 && data.stage === 'ResponseComplete' && data.verb === 'list',
        4,
      );
    });

    it('connected and not answering: writes are refused within two seconds, and reads continue', async () => {
      rig.bed.kafka.freeze();
      const [write, read] = [await create(), await get(pods)];
      rig.bed.kafka.thaw();
      expect(write).toMatchObject({ status: 503, cause: 'audit-unavailable' });
      expect(read.status).toBe(200);
      promise('Kafka never answers, a write is refused', write.ms, 2000);
      await eventually('writes to succeed again', async () => (await create()).status === 201);
    });
  });

  describe('the API server', () => {
    it('restarted: requests report that it is down, and succeed when it is back', async () => {
      await rig.bed.cluster.apiServer.pause();
      const away = await get(pods);
      await rig.bed.cluster.apiServer.resume();
      expect(away).toMatchObject({ status: 502, cause: 'upstream-unreachable' });
      expect(away.ms).toBeLessThan(45_000);
      await eventually('requests to succeed again', async () => (await get(pods)).status === 200);
    });

    it('restarted during a watch: the watch ends for its client instead of hanging', async () => {
      const alice = await rig.gateway.person('alice@example.com');
      const watch = alice.startKubectl(['get', 'configmaps', '-n', 'default', '--watch-only', '-o', 'name']);
      await rig.gateway.audit.await({ verb: 'watch', stage: 'ResponseStarted' });
      await rig.bed.cluster.apiServer.restart();
      await watch.ended;
      await rig.gateway.audit.await({ verb: 'watch', stage: 'ResponseComplete' });
      await eventually('requests to succeed again', async () => (await get(pods)).status === 200);
    });
  });
});
