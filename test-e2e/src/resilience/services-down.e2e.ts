import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import { describeWith, eventually } from '../harness/index.ts';
import {
  beginLogin,
  configMap,
  configMaps,
  needs,
  pods,
  startRig,
  timed,
  type ResilienceRig,
} from './resilience-fixture.ts';

describeWith(needs, 'when a service or the identity provider goes down', () => {
  let rig: ResilienceRig;
  let token: string;
  const get = (path: string) => timed(rig.gateway, token, path);
  const works = () => eventually('requests to succeed', async () => (await get(pods)).status === 200);
  beforeAll(async () => {
    rig = await startRig();
    token = (await rig.gateway.login('alice@example.com')).token;
    await works();
  });
  afterAll(() => rig?.stop());

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
    await rig.gateway.processes!.stop('audit');
    const created = await timed(rig.gateway, token, configMaps, { method: 'POST', body: configMap() });
    const search = '/.sallyport/api/v1/audit?verb=create&resource=configmaps&stage=ResponseComplete&code=201';
    const answer = await rig.gateway.request(search, { token });
    await rig.gateway.processes!.start('audit');
    expect(created.status).toBe(201);
    expect(answer.status).toBe(503);
    await eventually(
      'the event to be found',
      async () => ((await rig.gateway.request(search, { token })).json() as { events: unknown[] }).events.length > 0,
    );
  });

  it.each([[serviceNames], [serviceNames.toReversed()]])(
    'each restarted in turn, in the order %s: sessions and logins survive',
    async (order) => {
      for (const name of order) await rig.gateway.processes!.restart(name);
      await works();
      expect((await rig.gateway.login('bob@example.com')).identity.user).toBe('bob@example.com');
    },
  );

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
