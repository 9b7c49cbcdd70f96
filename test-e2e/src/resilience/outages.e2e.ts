import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isFullRun } from '@sallyport/kit/testing';
import { serviceNames } from '@sallyport/contracts';
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

describeWith(needs, 'while something is down', () => {
  let rig: ResilienceRig;
  let token: string;
  const get = (path: string) => timed(rig.gateway, token, path);
  const create = () => timed(rig.gateway, token, configMaps, { method: 'POST', body: configMap() });
  const works = () => eventually('requests to succeed', async () => (await get(pods)).status === 200);
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
      const ended = await rig.gateway.login('bob@example.com', { once: true }).then(() => 'with a session', String);
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
      await rig.bed.kafka.freeze();
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

  describe('a service or the identity provider', () => {
    it.each(['SIGTERM', 'SIGKILL'] as const)(
      'authorize ended by %s: 503 and never an allow, even for a caller who was just allowed; recovers without another restart',
      async (signal) => {
        expect((await get(pods)).status).toBe(200);
        await rig.gateway.processes!.stop('authorize', signal);
        const answers = await Promise.all([
          get(pods),
          get(configMaps),
          timed(rig.gateway, token, configMaps, { method: 'POST', body: configMap() }),
        ]);
        await rig.gateway.processes!.start('authorize');
        expect(answers.map(({ status, reason }) => [status, reason])).toEqual(
          Array.from({ length: 3 }, () => [503, 'ServiceUnavailable']),
        );
        for (const { ms } of answers) expect(ms).toBeLessThan(15_000);
        await works();
      },
    );

    it('authenticate down: existing sessions continue, and a login reports what is wrong', async () => {
      await rig.gateway.processes!.stop('authenticate');
      const [read, login] = [await get(pods), await beginLogin(rig.gateway)];
      await rig.gateway.processes!.start('authenticate');
      expect(read.status).toBe(200);
      expect(login.status).toBe(503);
      expect(login.json()).toMatchObject({ code: 'service-unavailable' });
      await eventually('logins work', () => rig.gateway.login('bob@example.com'));
    });

    it('audit down: requests continue, searches report what is wrong, and nothing is missing when it is back', async () => {
      const since = new Date().toISOString();
      await rig.gateway.processes!.stop('audit');
      const created = await timed(rig.gateway, token, configMaps, { method: 'POST', body: configMap() });
      const search = `/.sallyport/api/v1/audit?verb=create&resource=configmaps&stage=ResponseComplete&code=201&since=${since}`;
      const answer = await rig.gateway.request(search, { token });
      await rig.gateway.processes!.start('audit');
      expect(created.status).toBe(201);
      expect(answer.status).toBe(503);
      await eventually(
        'the event to be found',
        async () => ((await rig.gateway.request(search, { token })).json() as { events: unknown[] }).events.length > 0,
      );
    });

    if (isFullRun)
      it.each([[serviceNames], [serviceNames.toReversed()]])(
        'each restarted in turn, in the order %s: sessions and logins survive',
        async (order) => {
          for (const name of order) await rig.gateway.processes!.restart(name);
          await works();
          expect((await rig.gateway.login('bob@example.com')).identity.user).toBe('bob@example.com');
        },
      );

    if (isFullRun)
      it('all down, and started again with the proxy first', async () => {
        await rig.gateway.processes!.stopAll();
        for (const name of ['proxy', 'audit', 'authenticate', 'authorize'] as const)
          await rig.gateway.processes!.start(name);
        await works();
      });

    it('the identity provider down when the services start: they start, sessions continue, a login reports it, and works when it is up', async () => {
      await rig.gateway.provider.stop();
      await rig.gateway.processes!.restart('authenticate');
      expect((await get(pods)).status).toBe(200);
      const login = await beginLogin(rig.gateway);
      expect(login.status).toBe(503);
      expect(login.json()).toMatchObject({ code: 'identity-provider-unavailable' });
      await rig.gateway.provider.start();
      await eventually('logins work', () => rig.gateway.login('bob@example.com'));
    });

    it('a proxy that is asked to stop finishes running requests', async () => {
      const login = await rig.gateway.login('alice@example.com');
      const running = Array.from({ length: 20 }, () => timed(rig.gateway, login.token, pods));
      await Promise.race(running);
      const stopping = rig.gateway.processes!.stop('proxy');
      const ended = await Promise.allSettled(running);
      await stopping;
      await rig.gateway.processes!.start('proxy');
      expect(
        ended
          .filter((one) => one.status === 'fulfilled')
          .map((one) => one.value.status)
          .every((status) => status === 200),
      ).toBe(true);
      await works();
    });
  });
});
