import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  httpRequestOnce,
  joinAuditLogs,
  realClusterAccess,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

const transports = [
  ['WebSocket', 'true', 'websocket'],
  ['SPDY', 'false', 'spdy/3.1'],
] as const;

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'streams through four processes to a real node', () => {
  let gateway: Gateway;
  let alice: Person;
  let namespace: TestNamespace;
  let inside: string[];
  beforeAll(async () => {
    namespace = await createNamespace();
    inside = ['-n', namespace.name];
    const pods = [
      startPod(namespace.name, 'shell'),
      startPod(
        namespace.name,
        'talker',
        'echo one; echo two; sleep 1; i=0; while true; do i=$((i+1)); echo tick $i; sleep 1; done',
      ),
      startPod(namespace.name, 'cat', 'cat', { stdin: true }),
    ];
    gateway = await startGateway({ mode: 'processes', http2: true, clusters: [await realClusterAccess()] });
    alice = await gateway.person('alice@example.com');
    await Promise.all(pods);
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
  });

  const streamEvents = (subresource: string, stage: string) =>
    gateway.events({ type: 'k8s.request', subresource, stage });

  it('returns logs and their tail, and follows them', async () => {
    expect(await alice.kubectl(['logs', 'talker', ...inside, '--limit-bytes=8'])).toBe('one\ntwo\n');
    const follow = alice.startKubectl(['logs', '-f', 'talker', ...inside]);
    await follow.says(/^one\ntwo\ntick 1\n/m);
    const [, last] = await follow.says(/tick (\d+)\n$/m);
    await follow.says(new RegExp(`tick ${Number(last) + 2}\n`));
    await follow.stop();
    const [event] = await gateway.audit.await({ subresource: 'log', stage: 'ResponseComplete' }, 2);
    expect(event!.data).toMatchObject({ verb: 'get', objectRef: { resource: 'pods', name: 'talker' } });
  });

  describe.each(transports)('over %s', (_name, webSockets, protocol) => {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets };

    it('runs a command with input, both outputs and exit code', async () => {
      const script = 'wc -c; echo oops >&2; exit 3';
      const result = await alice.tryKubectl(['exec', '-i', 'shell', ...inside, '--', 'sh', '-c', script], {
        env,
        input: 'twelve bytes',
      });
      expect(result).toMatchObject({ code: 3, stdout: '12\n' });
      expect(result.stderr).toMatch(/^oops\n(.*\n)?command terminated with exit code 3\n$/);
      const [event] = await gateway.audit.await(
        ({ data }) =>
          data.stage === 'ResponseComplete' &&
          data.sallyport.protocol === protocol &&
          data.sallyport.exec?.command?.includes(script) === true,
      );
      expect(event!.data).toMatchObject({
        responseStatus: { code: 101 },
        sallyport: {
          policyVerb: 'create',
          protocol,
          exec: { container: 'main', command: ['sh', '-c', script], stdin: true, tty: false },
        },
      });
      expect(event!.data.requestURI).not.toContain('command');
    });

    it('carries a megabyte of input and returns it unchanged', async () => {
      const bytes = randomBytes(700_000).toString('base64');
      const result = await alice.tryKubectl(['exec', '-i', 'shell', ...inside, '--', 'cat'], { env, input: bytes });
      expect(result.code).toBe(0);
      expect(result.stdout === bytes).toBe(true);
    });

    it('attaches to a running process', async () => {
      const attached = alice.startKubectl(['attach', '-i', 'cat', ...inside], { env });
      attached.stdin.write(`hello over ${protocol}\n`);
      await attached.says(new RegExp(`^hello over ${protocol}$`, 'm'));
      await attached.stop();
      const [started] = await gateway.audit.await(
        ({ data }) =>
          data.objectRef?.subresource === 'attach' &&
          data.stage === 'ResponseStarted' &&
          data.sallyport.protocol === protocol,
      );
      expect(started!.data.sallyport).toMatchObject({ policyVerb: 'create' });
    });

    it('copies a file to a pod and back', async () => {
      const [there, back] = [path.join(alice.home, `there-${webSockets}`), path.join(alice.home, `back-${webSockets}`)];
      writeFileSync(there, randomBytes(300_000));
      await alice.kubectl(['cp', there, `${namespace.name}/shell:/tmp/file-${webSockets}`], { env });
      await alice.kubectl(['cp', `${namespace.name}/shell:/tmp/file-${webSockets}`, back], { env });
      expect(readFileSync(back).equals(readFileSync(there))).toBe(true);
    });

    it('forwards a port, for several connections', async () => {
      await alice.kubectl(
        [
          'exec',
          'shell',
          ...inside,
          '--',
          'sh',
          '-c',
          'mkdir -p /tmp/w && echo hello > /tmp/w/index.html && (netstat -tln | grep -q :8080 || httpd -p 8080 -h /tmp/w)',
        ],
        { env },
      );
      const forward = alice.startKubectl(['port-forward', 'pod/shell', ':8080', ...inside], { env });
      const [, port] = await forward.says(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/);
      const answers = await Promise.all([1, 2, 3].map(() => httpRequestOnce(`http://127.0.0.1:${port}/`)));
      expect(answers.map(({ status, text }) => [status, text])).toEqual(
        Array.from({ length: 3 }, () => [200, 'hello\n']),
      );
      await forward.stop();
      const ended = await gateway.audit.await(
        ({ type, data }) =>
          type === 'k8s.request' &&
          data.objectRef?.subresource === 'portforward' &&
          data.stage === 'ResponseComplete' &&
          data.sallyport.protocol === protocol,
      );
      expect(ended.map(({ data }) => data.sallyport.policyVerb)).toEqual(['create']);
    });
  });

  it('delivers the last output before the end', async () => {
    const result = await alice.tryKubectl([
      'exec',
      '-i',
      'shell',
      ...inside,
      '--',
      'sh',
      '-c',
      'echo started; cat > /dev/null; echo ended',
    ]);
    expect(result).toMatchObject({ code: 0, stdout: 'started\nended\n' });
  });

  it('refuses exec to a person whom no rule allows, on both transports, with the rule on the terminal', async () => {
    const mallory = await gateway.person('mallory@example.com');
    for (const [, webSockets] of transports) {
      const refused = await mallory.tryKubectl(['exec', 'shell', ...inside, '--', 'id'], {
        env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets },
      });
      expect(refused.code).toBe(1);
      expect(refused.stdout).toBe('');
    }
    expect(theBed().cluster!.node).toBeDefined();
    expect(
      streamEvents('exec', 'ResponseComplete').filter(
        (record) => record.data.user.username === 'mallory@example.com' && record.data.responseStatus?.code === 101,
      ),
    ).toEqual([]);
  });

  it("leaves the same streams in the cluster's audit log and in ours, under one id", async () => {
    const join = await joinAuditLogs(gateway);
    expect(join).toMatchObject({ lost: [], leaked: [], unknown: [] });
    expect(join.joined.filter(({ ours, theirs }) => ours.user !== theirs.user || ours.verb !== theirs.verb)).toEqual(
      [],
    );
    expect(join.joined.filter(({ ours }) => ours.code === 101).length).toBeGreaterThanOrEqual(12);
  });

  // Last, because the client may send a request that its end cancels, of which the cluster knows nothing.
  it('are given up by a client of HTTP/2 when the gateway hangs, because it answers no ping', async () => {
    const env = { HTTP2_READ_IDLE_TIMEOUT_SECONDS: '1', HTTP2_PING_TIMEOUT_SECONDS: '1' };
    const watch = alice.startKubectl(['get', 'pods', 'shell', '--watch', '-o', 'name', ...inside], { env });
    await watch.says(/^pod\/shell$/m);
    const proxy = gateway.processes!.pid('proxy')!;
    process.kill(proxy, 'SIGSTOP');
    // A watch that hangs is killed by the harness.
    const { code } = await watch.ended.finally(() => process.kill(proxy, 'SIGCONT'));
    expect(code).not.toBe(137);
    const ended = await gateway.audit.await(
      ({ data }) => data.verb === 'watch' && data.stage === 'ResponseComplete' && data.objectRef?.name === 'shell',
    );
    expect(ended.at(-1)!.data.sallyport.protocol).toBe('http/2');
  });
});
