import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createNamespace,
  createPlainBrowser,
  describeWith,
  dumpRedis,
  eventually,
  realClusterAccess,
  roleBinding,
  startGateway,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';
import { openEveryKind, startStreamPods, whenEnded, type EndedStream } from '../streams/open-streams.ts';

/** Streams end within a second of the event that ends their session. A busy machine gets ten. */
const inTime = 10_000;
const intervalMs = 2000;
const graceMs = 8000;
const [alice, bob, carol, mallory] = ['alice', 'bob', 'carol', 'mallory'].map((name) => `${name}@example.com`) as [
  string,
  string,
  string,
  string,
];

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'sessions follow their identity provider', () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await createNamespace();
    for (const group of ['sre', 'developers'])
      await theBed().cluster!.admin.apply(roleBinding(namespace.name, group, 'edit'));
    const pods = startStreamPods(namespace.name);
    gateway = await startGateway({
      mode: 'processes',
      clusters: [await realClusterAccess()],
      more: { streams: { drain: '0s' } },
      provider: { refresh: { interval: `${intervalMs}ms`, outageGrace: `${graceMs}ms` } },
      sessions: { encryption: { keys: [{ id: 'e2e', key: randomBytes(32).toString('base64') }] } },
    });
    await pods;
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
  });

  const eventOf = (type: string, user: string, from: number) =>
    gateway.audit.await(
      (record) =>
        record.type === type && Date.parse(record.time) >= from && record.data.sallyport.identity?.email === user,
    );
  const timeOf = async (type: string, user: string, from: number) =>
    Date.parse((await eventOf(type, user, from)).at(-1)!.time);
  const pods = (person: Person) => person.tryKubectl(['get', 'pods', '-n', namespace.name]);
  const allInTime = (ended: readonly EndedStream[]) =>
    // The session ends before the event about it is made.
    expect(ended.filter(({ ms }) => ms > inTime)).toEqual([]);

  it('a person whom the provider no longer knows: at the next refresh every stream is cut and every request refused', async () => {
    const person = await gateway.person(bob);
    const other = await gateway.person(alice);
    const streams = await openEveryKind(person, namespace.name);
    const from = Date.now();
    const ending = whenEnded(streams, 'from the end of a session by its refresh to the end of its streams', () =>
      timeOf('session.ended', bob, from),
    );
    gateway.provider.change(bob, undefined);
    const ended = await ending;
    const after = (await timeOf('session.ended', bob, from)) - from;
    process.stderr.write(
      `measured: from the account's removal to the end of its session (refresh interval ${intervalMs} ms): ${after} ms\n`,
    );
    allInTime(ended);
    expect(after).toBeLessThan(intervalMs + inTime);
    for (const { command } of streams) await command.stop();
    const [event] = await eventOf('session.ended', bob, from);
    expect(event).toMatchObject({
      source: 'sallyport/authenticate',
      data: {
        responseStatus: { message: 'refused' },
        sallyport: { identity: { groups: ['sre'] }, detail: expect.stringContaining('status 400') },
      },
    });
    expect(await person.cli(['whoami'])).toMatchObject({ code: 3 });
    expect((await pods(other)).code).toBe(0);
  });

  it('a person who loses a group: refused at the next refresh, cut at once, and still logged in', async () => {
    const person = await gateway.person(alice);
    const streams = await openEveryKind(person, namespace.name);
    const from = Date.now();
    const ending = whenEnded(streams, 'from a group that is gone to the end of the streams that needed it', () =>
      timeOf('session.refreshed', alice, from),
    );
    gateway.provider.change(alice, { groups: [] });
    allInTime(await ending);
    for (const { command } of streams) await command.stop();
    expect((await eventOf('session.refreshed', alice, from))[0]).toMatchObject({
      data: { sallyport: { detail: expect.stringContaining('groups: -"developers"') } },
    });
    expect((await pods(person)).stderr).toContain('that you may use');
    expect(JSON.parse((await person.cli(['whoami', '-o', 'json'])).stdout)).toMatchObject({ user: alice, groups: [] });
    gateway.provider.change(alice, { groups: ['developers'] });
    await eventually('the group to be back at the next refresh', async () => (await pods(person)).code === 0);
  });

  it('a person who logs out at the provider: all their streams are cut', async () => {
    const person = await gateway.stranger(alice);
    const browser = createPlainBrowser({ ca: gateway.caPem });
    await person.login(browser);
    const stays = await gateway.person(alice);
    const streams = await openEveryKind(person, namespace.name);
    const from = Date.now();
    const ending = whenEnded(streams, 'from a logout at the provider (back-channel) to the end of streams', () => from);
    const asked = await browser.go(`${gateway.provider.issuer()}/session/end?client_id=sallyport`);
    const [action, xsrf] = [/<form[^>]* action="([^"]+)"/, /name="xsrf" value="([^"]+)"/].map(
      (form) => form.exec(asked.answer.text)![1]!,
    ) as [string, string];
    const loggedOut = Date.now() - from;
    await browser.go(action, { xsrf, logout: 'yes' });
    const ended = await ending;
    expect(ended.filter(({ ms }) => ms > loggedOut + inTime)).toEqual([]);
    for (const { command } of streams) await command.stop();
    expect((await eventOf('session.ended', alice, from))[0]).toMatchObject({
      data: { requestURI: '/.sallyport/backchannel-logout/corp', responseStatus: { message: 'provider-logout' } },
    });
    expect(await person.cli(['whoami'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('logged out at your identity provider'),
    });
    expect((await pods(stays)).code).toBe(0);
  });

  it('a forged logout token: nothing ends, and the sender gets 400', async () => {
    const { status, headers } = await gateway.request('/.sallyport/backchannel-logout/corp', {
      method: 'POST',
      body: 'logout_token=a.b.c',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([status, headers['cache-control']]).toEqual([400, 'no-store']);
    expect((await pods(await gateway.person(alice))).code).toBe(0);
  });

  it('only hashes and sealed values are stored in Redis', async () => {
    const login = await gateway.login(carol);
    await eventually('it to be refreshed', () => gateway.provider.issued.length > 12);
    const everything = await dumpRedis(gateway.redis!.client);
    expect(everything).toContain('1.e2e.');
    for (const secret of [...gateway.provider.issued, login.token, 'secret-of-the-tests'])
      expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(/spt_[A-Za-z0-9_-]{43}|eyJ[A-Za-z0-9_-]{10,}\./);
    const logs = JSON.stringify(gateway.events());
    for (const secret of gateway.provider.issued) expect(logs).not.toContain(secret);
  });

  it('a provider that is down: sessions continue for the grace period, and no longer', async () => {
    const person = await gateway.stranger(mallory);
    await person.login();
    const from = Date.now();
    await gateway.provider.stop();
    await new Promise((resolve) => setTimeout(resolve, graceMs / 2));
    const { code } = await person.cli(['whoami']);
    // A busy machine may need the rest of the grace period for the command.
    if (Date.now() - from < graceMs - intervalMs) expect(code).toBe(0);
    const endedAt = await timeOf('session.ended', mallory, from);
    process.stderr.write(
      `measured: from the loss of the provider to the end of a session (grace ${graceMs} ms): ${endedAt - from} ms\n`,
    );
    expect(endedAt - from).toBeGreaterThan(graceMs - 2 * intervalMs);
    expect(endedAt - from).toBeLessThan(graceMs + intervalMs + inTime);
    expect(await person.cli(['whoami'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('could not be reached'),
    });
    expect((await eventOf('session.ended', mallory, from))[0]).toMatchObject({
      data: { responseStatus: { message: 'provider-away' } },
    });
    await gateway.provider.start();
  });
});
