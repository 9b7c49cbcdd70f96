import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startBed, type Bed } from '@sallyport/bed';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
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
import { openEveryKind, startStreamPods, whenEnded, type EndedStream, type OpenStream } from './open-streams.ts';

/** A stream ends within a second of the loss of its permission. A busy machine gets ten. */
const inTime = 10_000;
const graceMs = 2000;
const kinds = ['attach', 'exec', 'exec', 'exec', 'log', 'portforward', 'portforward', 'watch'];

type Row = {
  id: string;
  kind: string;
  proxy: string;
  user: string;
  cluster: string;
  verb: string;
  sessionId: string;
  namespace: string;
  name: string;
  container?: string;
  ports?: number[];
  since: number;
  bytesIn: number;
  bytesOut: number;
  end?: number;
  reason?: string;
};
type List = { code: number; streams: Row[]; missing: string[]; stderr: string };

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'streams over two gateways and one Redis', () => {
  let bed: Bed;
  let gateway: Gateway;
  let namespace: TestNamespace;
  let [alice, bob]: Person[] = [];
  let watching: RunningCommand[] = [];
  let servers: string[];
  beforeAll(async () => {
    bed = await startBed({ need: ['redis'] });
    namespace = await createNamespace();
    await theBed().cluster!.admin.apply(roleBinding(namespace.name, 'sre', 'edit'));
    const pods = startStreamPods(namespace.name);
    gateway = await startGateway({
      mode: 'processes',
      proxies: 2,
      servers: { redis: bed.redis!.url },
      clusters: [await realClusterAccess()],
      more: { streams: { drain: '0s', grace: `${graceMs}ms` } },
    });
    [alice, bob] = [await gateway.person('alice@example.com'), await gateway.person('bob@example.com')];
    servers = [gateway.clusterUrl(), gateway.moreProxies[0]!.url + new URL(gateway.clusterUrl()).pathname];
    await pods;
    await watchAsBob();
  });
  afterAll(async () => {
    for (const command of watching) await command.stop();
    await gateway?.stop();
    await namespace?.remove();
    await bed?.stop();
  });

  /** bob watches through each gateway, and does not end the watches himself. */
  async function watchAsBob(): Promise<void> {
    watching = servers.map((server) =>
      bob!.startKubectl(['get', 'pods', '-w', '-n', namespace.name, '--server', server], { timeoutMs: 900_000 }),
    );
    await Promise.all(watching.map((command) => command.says(/talker/)));
  }
  const list = async (person: Person, ...more: string[]): Promise<List> => {
    const { code, stdout, stderr } = await person.cli(['sessions', 'list', '--streams', '-o', 'json', ...more]);
    return {
      ...(stdout === '' ? { streams: [], missing: [] } : (JSON.parse(stdout) as { streams: Row[]; missing: string[] })),
      code,
      stderr,
    };
  };
  const sessionOf = async (person: Person) => {
    const { session } = JSON.parse((await person.cli(['whoami', '-o', 'json'])).stdout) as {
      session: { id: string; expiresAt: string };
    };
    return { id: session.id, expiresAt: Date.parse(session.expiresAt) };
  };
  const bobsStay = async () => {
    expect(await Promise.race([...watching.map(({ ended }) => ended), pause(100)])).toBeUndefined();
    expect((await list(bob!)).streams.map(({ kind }) => kind)).toEqual(['watch', 'watch']);
  };
  const stop = async (streams: readonly OpenStream[]) =>
    void (await Promise.all(streams.map(({ command }) => command.stop())));
  const timely = (ended: readonly EndedStream[], latest = inTime) =>
    expect(ended.filter(({ ms }) => ms > latest)).toEqual([]);
  const timeOfNext = (type: 'session.revoked' | 'policy.changed') => {
    const from = Date.now();
    return async () =>
      Date.parse(
        (await gateway.audit.await((record) => record.type === type && Date.parse(record.time) >= from)).at(-1)!.time,
      );
  };
  /**
   * Expects all streams of a session in the list of ended streams, on both gateways, with the reason, and equally often in
   * the audit log.
   */
  const saysWhy = async (person: Person, sessionId: string, reason: string) => {
    const { code, streams } = await eventually('the ended ones to be listed', async () => {
      const ended = await list(person, '--ended', '--session', sessionId);
      return ended.streams.length >= kinds.length ? ended : undefined;
    });
    expect([
      code,
      streams.map(({ kind }) => kind).toSorted(),
      new Set(streams.map((row) => row.reason)),
      new Set(streams.map(({ proxy }) => proxy)).size,
    ]).toEqual([0, kinds, new Set([reason]), 2]);
    expect(streams.every(({ end, since }) => end! > since)).toBe(true);
    const ids = new Set(streams.map(({ id }) => id));
    await gateway.audit.await(
      ({ type, data }) =>
        type === 'stream.cut' && data.sallyport.stream?.reason === reason && ids.has(data.sallyport.stream.id),
      kinds.length,
    );
    await gateway.audit.await(
      ({ type, data }) =>
        type === 'stream.closed' && data.sallyport.stream?.reason === reason && ids.has(data.sallyport.stream.id),
      kinds.length,
    );
  };

  /** How long it took to open them, which a session that ends by time must outlast. */
  let openingMs: number;
  it("are listed completely to their owner and to those who may see everyone's, and end within a second of the revocation of their session", async () => {
    const began = Date.now();
    const streams = await openEveryKind(alice!, namespace.name, servers);
    openingMs = Date.now() - began;
    const { id: sessionId } = await sessionOf(alice!);
    const hers = await list(alice!);
    expect([
      hers.code,
      hers.missing,
      hers.streams.map(({ kind }) => kind).toSorted(),
      new Set(hers.streams.map(({ proxy }) => proxy)).size,
    ]).toEqual([0, [], kinds, 2]);
    for (const row of hers.streams)
      expect(row).toMatchObject({ user: 'alice@example.com', sessionId, cluster: 'dev', namespace: namespace.name });
    const of = (kind: string) => hers.streams.filter((row) => row.kind === kind);
    expect(
      [...of('exec'), ...of('attach')].every(
        ({ verb, container, bytesOut }) => verb === 'create' && container === 'main' && bytesOut > 0,
      ),
    ).toBe(true);
    expect(of('portforward').map(({ name, ports }) => [name, ports])).toEqual([
      ['shell', [9090]],
      ['shell', [9090]],
    ]);
    expect((await list(alice!, '--all')).code).toBe(5);
    const everybodys = await list(bob!, '--all');
    expect(everybodys.streams.map(({ user }) => user).toSorted()).toEqual([
      ...Array(8).fill('alice@example.com'),
      ...Array(2).fill('bob@example.com'),
    ]);
    const ending = whenEnded(
      streams,
      'from the revocation of a session to the end of its streams on two gateways',
      timeOfNext('session.revoked'),
    );
    expect(await bob!.cli(['sessions', 'revoke', sessionId])).toMatchObject({ code: 0 });
    const ended = await ending;
    timely(ended);
    expect(ended.find(({ name }) => name === 'exec -it')!.output).toContain('This session was ended');
    await stop(streams);
    await eventually(
      'others to see them too',
      async () => (await list(bob!, '--ended', '--all', '--session', sessionId)).streams.length === kinds.length,
    );
    await bobsStay();
    await alice!.login();
    await saysWhy(alice!, sessionId, 'session-ended');
  });

  let expiredId: string;
  it('end within a second of the end of their session', async () => {
    const lifetime = `${Math.ceil(Math.max(25_000, 4 * openingMs) / 1000)}s`;
    const restore = gateway.reconfigure((config) => Object.assign(config['sessions'] as object, { lifetime }));
    await gateway.processes!.restart('authenticate');
    await alice!.login();
    const streams = await openEveryKind(alice!, namespace.name, servers);
    const { id: sessionId, expiresAt } = await sessionOf(alice!);
    expiredId = sessionId;
    expect(expiresAt - Date.now()).toBeGreaterThan(0);
    timely(
      await whenEnded(
        streams,
        'from the end of a session by time to the end of its streams on two gateways',
        () => expiresAt,
      ),
    );
    await stop(streams);
    restore();
    await gateway.processes!.restart('authenticate');
    await alice!.login();
    await saysWhy(alice!, sessionId, 'session-ended');
    await bobsStay();
  });

  it('end one by one, by their owner or by someone who may, on whichever gateway they are open', async () => {
    const script = ['shell', '--', 'sh', '-c', 'while sleep 0.2; do echo tock; done'];
    const commands: RunningCommand[] = [];
    for (const server of servers) {
      const command = alice!.startKubectl(['exec', '-i', '-n', namespace.name, '--server', server, ...script]);
      await command.says(/tock/, 20_000);
      commands.push(command);
    }
    const { streams } = await list(alice!);
    const [bobs] = (await list(bob!)).streams;
    const end = (person: Person, id: string) => person.cli(['sessions', 'revoke', '--stream', id]);
    const [notHers, none] = [await end(alice!, bobs!.id), await end(alice!, randomUUID())];
    expect([notHers.code, notHers.stderr]).toEqual([5, none.stderr]);
    expect(notHers.stderr).toContain('No open stream has this ID, or it is not yours.');
    for (const [turn, person, words] of [
      [0, alice!, 'You ended this stream.'],
      [1, bob!, 'bob@example.com ended this stream.'],
    ] as const) {
      const { id } = streams[turn]!;
      const since = Date.now();
      expect(await end(person, id)).toMatchObject({ code: 0, stdout: `Ended stream ${id}.\n` });
      expect((await commands[turn]!.ended).stderr).toContain(words);
      const [cut] = await gateway.audit.await(
        ({ type, data }) => type === 'stream.cut' && data.sallyport.stream?.id === id,
      );
      process.stderr.write(`measured: from the call to the cut of one stream: ${Date.parse(cut!.time) - since} ms\n`);
      const [act] = await gateway.audit.await(
        ({ type, data }) => type === 'http.request' && data.requestURI.endsWith(`/streams/${id}`),
      );
      const { verb, user, responseStatus } = act!.data;
      expect([verb, user.username, responseStatus!.code]).toEqual(['delete', person.user, 204]);
      expect(Date.parse(act!.time) - Date.parse(cut!.time)).toBeLessThan(inTime);
      const ended = (await list(alice!, '--ended')).streams.find((row) => row.id === id);
      expect(ended).toMatchObject({ reason: 'ended-by-user', detail: words });
    }
    expect((await list(alice!)).streams).toEqual([]);
    expect((await end(alice!, streams[0]!.id)).code).toBe(5);
    await bobsStay();
    await alice!.login();
  });

  it('end within a second of a policy that no longer allows them', async () => {
    const streams = await openEveryKind(alice!, namespace.name, servers.toReversed());
    const { id: sessionId } = await sessionOf(alice!);
    const ending = whenEnded(
      streams,
      'from a policy in force to the end of the streams on two gateways that it does not allow',
      timeOfNext('policy.changed'),
    );
    const restore = gateway.reconfigure((config) => {
      (config['clusters'] as { policy: unknown }[])[0]!.policy = [{ allow: { or: [{ groups: 'sre' }] } }];
    });
    timely(await ending);
    await stop(streams);
    await saysWhy(alice!, sessionId, 'not-allowed');
    await bobsStay();
    restore();
    await eventually(
      'the old policy to be back',
      async () => (await alice!.tryKubectl(['get', 'pods', '-n', namespace.name])).code === 0,
    );
  });

  // An end is recorded only when it is sure by every clock, so other tests come first.
  it('leave a record of the end of their session', async () => {
    const isItsEnd = ({ type, data }: AuditRecord) =>
      type === 'session.expired' && data.sallyport.sessionId === expiredId;
    const ends = await gateway.audit.await(isItsEnd, 1, 3 * 60_000);
    expect(ends.map(({ data }) => [data.responseStatus?.message, data.sallyport.identity?.email])).toEqual([
      ['lifetime', 'alice@example.com'],
    ]);
  });

  it('end when Redis is down for longer than the grace period, and are recorded, and new ones open when it is back', async () => {
    // A session whose list of streams has no others.
    await alice!.login();
    const streams = await openEveryKind(alice!, namespace.name, servers.toReversed());
    const { id: sessionId } = await sessionOf(alice!);
    const lostAt = Date.now();
    const ending = whenEnded(
      streams,
      `from the loss of Redis to the end of streams on two gateways (grace ${graceMs} ms)`,
      () => lostAt,
    );
    process.kill(bed.redis!.pid()!, 'SIGKILL');
    const blind = await list(bob!, '--all');
    const ended = await ending;
    expect([blind.code, blind.streams]).toEqual([4, []]);
    expect(ended.filter(({ ms }) => ms < graceMs / 2 || ms > 3 * graceMs + inTime)).toEqual([]);
    await Promise.all(watching.map((command) => command.ended));
    await stop(streams);
    await bed.redis!.restart();
    await eventually(
      'requests to succeed again',
      async () => (await alice!.tryKubectl(['get', 'pods', '-n', namespace.name])).code === 0,
    );
    await saysWhy(alice!, sessionId, 'authorize-unavailable');
    await watchAsBob();
    await bobsStay();
  });

  it('are reported as missing, by name, when a gateway does not answer', async () => {
    await gateway.moreProxies[0]!.processes.stop('proxy', 'SIGKILL');
    const { code, streams, missing, stderr } = await list(bob!, '--all');
    expect([code, streams.length, missing]).toEqual([10, 1, [expect.stringMatching(/^proxy\//)]]);
    expect(missing).not.toContain(streams[0]!.proxy);
    expect(stderr).toContain(`${missing[0]!} did not answer`);
    await eventually('the gateway to be forgotten', async () => (await list(bob!, '--all')).code === 0);
  });
});
