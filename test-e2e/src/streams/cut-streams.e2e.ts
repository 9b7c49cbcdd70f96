import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import {
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  roleBinding,
  startGateway,
  theBed,
  type Gateway,
  type Person,
  type RunningCommand,
  type TestNamespace,
} from '../harness/index.ts';
import { openEveryKind, startStreamPods, whenEnded, type EndedStream } from './open-streams.ts';

/** A stream ends within a second of the loss of its permission. A busy machine gets ten. */
const inTime = 10_000;
const graceMs = 2000;
const talks = ['exec over WebSocket', 'exec over SPDY', 'get -w'];

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'open streams through four processes', () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let [alice, bob]: Person[] = [];
  let watched: RunningCommand;
  let over = false;
  beforeAll(async () => {
    namespace = await createNamespace();
    await theBed().cluster!.admin.apply(roleBinding(namespace.name, 'sre', 'edit'));
    const pods = startStreamPods(namespace.name);
    gateway = await startGateway({
      mode: 'processes',
      clusters: [await realClusterAccess()],
      more: { streams: { drain: '0s', grace: `${graceMs}ms` } },
    });
    [alice, bob] = [await gateway.person('alice@example.com'), await gateway.person('bob@example.com')];
    await pods;
    watched = bob!.startKubectl(['get', 'pods', '-w', '-n', namespace.name]);
    void watched.ended.then(() => {
      over = true;
    });
    await watched.says(/talker/);
  });
  afterAll(async () => {
    await watched?.stop();
    await gateway?.stop();
    await namespace?.remove();
  });

  const cuts = (reason: string) =>
    gateway.events().filter(({ type, data }) => type === 'stream.cut' && data.sallyport.stream?.reason === reason);
  /** Returns when the next event of a type after this call was created. */
  const timeOfNext = (type: 'session.revoked' | 'policy.changed') => {
    const from = Date.now();
    return async () =>
      Date.parse(
        (await gateway.audit.await((record) => record.type === type && Date.parse(record.time) >= from)).at(-1)!.time,
      );
  };
  const saysWhy = (ended: readonly EndedStream[], why: string) => {
    for (const name of talks)
      expect([name, ended.find((one) => one.name === name)!.output]).toEqual([name, expect.stringContaining(why)]);
  };

  it('end within a second of the revocation of their session, with the reason if they can carry one, and others stay open', async () => {
    const streams = await openEveryKind(alice!, namespace.name);
    const { session } = JSON.parse((await alice!.cli(['whoami', '-o', 'json'])).stdout) as { session: { id: string } };
    const ending = whenEnded(
      streams,
      'from the revocation of a session to the end of its streams',
      timeOfNext('session.revoked'),
    );
    expect(await bob!.cli(['sessions', 'revoke', session.id])).toMatchObject({ code: 0 });
    const ended = await ending;
    expect(ended.filter(({ ms }) => ms > inTime)).toEqual([]);
    saysWhy(ended, 'This session was ended');
    expect(over).toBe(false);
    for (const { command } of streams) await command.stop();
    await eventually('each to be cut and closed in the log', () => {
      const ids = cuts('session-ended').map(({ data }) => data.sallyport.stream!.id);
      const closed = gateway
        .events()
        .filter(({ type, data }) => type === 'stream.closed' && ids.includes(data.sallyport.stream!.id));
      return (
        ids.length === streams.length &&
        closed.length === streams.length &&
        closed.every(({ data }) => data.user.username === 'alice@example.com')
      );
    });
    const channels = gateway
      .events()
      .filter(({ type, data }) => type === 'stream.closed' && data.sallyport.stream?.kind === 'exec')
      .map(({ data }) => data.sallyport.stream!.channels?.stdout?.fromServer ?? 0);
    expect(channels.every((bytes) => bytes > 10)).toBe(true);
    await alice!.login();
  });

  it('end within a second of a policy that no longer allows them, with the rule', async () => {
    const streams = await openEveryKind(alice!, namespace.name);
    const before = readFileSync(gateway.configFile, 'utf8');
    const config = parse(before) as { clusters: { policy: unknown }[] };
    config.clusters[0]!.policy = [{ allow: { or: [{ groups: 'sre' }] } }];
    const ending = whenEnded(
      streams,
      'from a policy in force to the end of the streams it does not allow',
      timeOfNext('policy.changed'),
    );
    writeFileSync(gateway.configFile, stringify(config));
    const ended = await ending;
    expect(ended.filter(({ ms }) => ms > inTime)).toEqual([]);
    saysWhy(ended, 'default-deny');
    expect(over).toBe(false);
    for (const { command } of streams) await command.stop();
    writeFileSync(gateway.configFile, before);
    await eventually(
      'the old policy to be back',
      async () => (await alice!.tryKubectl(['get', 'pods', '-n', namespace.name])).code === 0,
    );
  });

  it('end when authorize is unavailable for longer than the grace period, but not before', async () => {
    const streams = await openEveryKind(alice!, namespace.name);
    const lostAt = Date.now();
    const ending = whenEnded(
      streams,
      `from the loss of authorize to the end of streams (grace ${graceMs} ms)`,
      () => lostAt,
    );
    await gateway.processes!.stop('authorize', 'SIGKILL');
    const ended = await ending;
    await gateway.processes!.start('authorize');
    expect(ended.filter(({ ms }) => ms < graceMs / 2 || ms > 3 * graceMs + inTime)).toEqual([]);
    await watched.ended;
    for (const { command } of streams) await command.stop();
    await eventually('their reason to be recorded', () => cuts('authorize-unavailable').length === streams.length + 1);
  });
});
