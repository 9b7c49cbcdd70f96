import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRecordBoundary, createStatus } from '@sallyport/kubernetes';
import {
  createNamespace,
  describeWith,
  eventually,
  httpRequestOnce,
  runCommand,
  startCommand,
  startPod,
  theBed,
  type CommandResult,
  type TestNamespace,
} from '../harness/index.ts';
import { startStreamRelay, type RelayedStream, type StreamRelay, type StreamRelayOptions } from './stream-relay.ts';

/** If set, a directory to which relayed streams are written, in the format of the corpus of packages/kubernetes. */
const recordTo = process.env['SALLYPORT_RECORD_STREAMS'];

function accessOf(): StreamRelayOptions {
  const { server, caPem, adminKubeconfig } = theBed().cluster!;
  const text = readFileSync(adminKubeconfig, 'utf8');
  const pem = (name: string): string =>
    Buffer.from(new RegExp(`"${name}": "([^"]+)"`).exec(text)![1]!, 'base64').toString();
  return { server, caPem, certPem: pem('client-certificate-data'), keyPem: pem('client-key-data') };
}

/** Merges consecutive turns of one side. */
function record(name: string, command: readonly string[], { about, turns }: RelayedStream): void {
  if (recordTo === undefined) return;
  const joined: { side: string; parts: Buffer[] }[] = [];
  for (const { side, bytes } of turns) {
    if (joined.at(-1)?.side !== side) joined.push({ side, parts: [] });
    joined.at(-1)!.parts.push(bytes);
  }
  mkdirSync(recordTo, { recursive: true });
  const lines = joined.map(
    ({ side, parts }) => `    ${JSON.stringify([side, Buffer.concat(parts).toString('base64')])}`,
  );
  writeFileSync(
    path.join(recordTo, `${name}.json`),
    `{\n  "about": ${JSON.stringify(about)},\n  "command": ${JSON.stringify(command)},\n  "turns": [\n${lines.join(',\n')}\n  ]\n}\n`,
  );
}

const transports = [
  ['websocket', 'true', 'v5.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io'],
  ['spdy', 'false', 'v4.channel.k8s.io', 'portforward.k8s.io'],
] as const;
const status = createStatus({ code: 403, reason: 'Forbidden', message: 'Your session has ended.' });

describeWith(['node', 'kubectl'], 'streams between kubectl and a real cluster', () => {
  let namespace: TestNamespace;
  let relay: StreamRelay;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'sallyport-relay-'));
    namespace = await createNamespace();
    await startPod(
      namespace.name,
      'shell',
      'mkdir -p /tmp/w && echo hello > /tmp/w/index.html && httpd -p 8080 -h /tmp/w; (while true; do nc -l -p 7000 -e sh -c "echo hi; sleep 60"; done) & sleep 100000',
    );
  });
  afterAll(async () => {
    await namespace?.remove();
    rmSync(home, { recursive: true, force: true });
  });
  beforeEach(async () => {
    relay = await startStreamRelay(accessOf());
  });
  afterEach(() => relay.stop());

  describe.each(transports)('over %s', (transport, webSockets, execProtocol, forwardProtocol) => {
    const environment = (): Record<string, string> => ({
      KUBECONFIG: '/dev/null',
      KUBECACHEDIR: path.join(home, 'cache'),
      KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets,
      KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets,
    });
    const all = (args: readonly string[]): string[] => ['--server', relay.url, '-n', namespace.name, ...args];
    const kubectl = (args: readonly string[], input?: string): Promise<CommandResult> =>
      runCommand(theBed().kubectl!, all(args), { env: environment(), input });
    const theStream = (): Promise<RelayedStream> =>
      eventually('the only stream to end', () =>
        relay.streams.length === 1 && relay.streams[0]!.closed ? relay.streams[0] : undefined,
      );

    it.each([0, 3])('an exec with input and both outputs ends with exit code %i', async (code) => {
      const command = ['exec', '-i', 'shell', '--', 'sh', '-c', `wc -c; echo oops >&2; exit ${code}`];
      const result = await kubectl(command, 'twelve bytes');
      expect([result.code, result.stdout]).toEqual([code, '12\n']);
      const stream = await theStream();
      record(`exec-${transport}-exit-${code}`, command, stream);
      expect(stream.about).toEqual({ kind: 'exec', protocol: transport, subprotocol: execProtocol });
      expect(stream.observer.reason).toBeUndefined();
      const summary = stream.observer.summary();
      expect(summary).toMatchObject({
        exitCode: code,
        channels: { stdin: { fromClient: 12 }, stdout: { fromServer: 3 }, stderr: { fromServer: 5 } },
      });
      expect(summary.status?.status).toBe(code === 0 ? 'Success' : 'Failure');
    });

    it('an exec of a missing command fails without an exit code', async () => {
      const command = ['exec', 'shell', '--', '/no/such/program'];
      const result = await kubectl(command);
      const stream = await theStream();
      record(`exec-${transport}-not-found`, command, stream);
      expect(result.code).not.toBe(0);
      expect([stream.observer.reason, stream.observer.summary().status?.status]).toEqual([undefined, 'Failure']);
    });

    it('an exec that transfers a megabyte in each direction is counted to the byte', async () => {
      const input = 'x'.repeat(1_000_000);
      expect((await kubectl(['exec', '-i', 'shell', '--', 'cat'], input)).stdout).toHaveLength(input.length);
      const { observer } = await theStream();
      expect([
        observer.reason,
        observer.summary().channels.stdin?.fromClient,
        observer.summary().channels.stdout?.fromServer,
      ]).toEqual([undefined, input.length, input.length]);
    });

    it('a port-forward is observed per port, with the error of a refused connection', async () => {
      const command = ['port-forward', 'pod/shell', ':8080', ':9999'];
      const forward = startCommand(theBed().kubectl!, all(command), { env: environment() });
      const [, open] = await forward.says(/127\.0\.0\.1:(\d+) -> 8080/);
      const [, shut] = await forward.says(/127\.0\.0\.1:(\d+) -> 9999/);
      for (let turn = 0; turn < 2; turn += 1)
        expect((await httpRequestOnce(`http://127.0.0.1:${open}/`)).text).toBe('hello\n');
      await httpRequestOnce(`http://127.0.0.1:${shut}/`).catch(() => undefined);
      await forward.says(/an error occurred forwarding \d+ -> 9999/);
      await forward.stop();
      const stream = await theStream();
      record(`port-forward-${transport}`, command, stream);
      expect(stream.about).toEqual({ kind: 'portforward', protocol: transport, subprotocol: forwardProtocol });
      expect(stream.observer.reason).toBeUndefined();
      const summary = stream.observer.summary();
      expect(summary.ports).toMatchObject([
        { port: 8080, connections: 2 },
        { port: 9999, connections: 1 },
      ]);
      expect(summary.ports![0]!.fromServer).toBeGreaterThan(12);
      expect(summary.errorText).toContain('9999');
    });

    it('an exec that is ended shows the status and fails', async () => {
      relay.endWith(status, ({ observer }) => (observer.summary().channels.stdout?.fromServer ?? 0) >= 8);
      const began = performance.now();
      const result = await kubectl(['exec', '-i', 'shell', '--', 'sh', '-c', 'echo started; sleep 30'], 'input');
      expect(result).toMatchObject({ code: 1, stdout: 'started\n' });
      expect(result.stderr).toContain('error: Your session has ended.');
      expect(performance.now() - began).toBeLessThan(28_000);
    });

    it('an exec that is ended during much output shows the status after complete frames', async () => {
      relay.endWith(status, ({ observer }) => (observer.summary().channels.stdout?.fromServer ?? 0) >= 3_000_000);
      const result = await kubectl(['exec', 'shell', '--', 'yes', 'sallyport']);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain('error: Your session has ended.');
      expect(result.stdout.length).toBeGreaterThanOrEqual(3_000_000);
      expect(/^(sallyport\n)+s?a?l?l?y?p?o?r?t?$/.test(result.stdout)).toBe(true);
    });

    it('a port-forward that is ended tells its open connection why', async () => {
      let ending = false;
      relay.endWith(status, () => ending);
      const forward = startCommand(theBed().kubectl!, all(['port-forward', 'pod/shell', ':7000']), {
        env: environment(),
      });
      const [, port] = await forward.says(/127\.0\.0\.1:(\d+) -> 7000/);
      const local = createConnection(Number(port), '127.0.0.1');
      local.on('error', () => {});
      ending = true; // with the next message of the server
      const result = await forward.ended;
      local.destroy();
      expect(result.code).not.toBe(0);
      expect(result.stderr).toMatch(
        /an error occurred forwarding \d+ -> 7000: Your session has ended\.|lost connection to pod/,
      );
    });
  });

  it.each(['', '&pretty=true'])('a JSON watch has one event per line, and its boundaries are known%s', async (more) => {
    const { server, caPem, certPem, keyPem } = accessOf();
    const { body, type } = await new Promise<{ body: Buffer; type: string | undefined }>((resolve, reject) => {
      get(
        `${server}/api/v1/namespaces/${namespace.name}/pods?watch=1&timeoutSeconds=2${more}`,
        { ca: caPem, cert: certPem, key: keyPem, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('end', () => resolve({ body: Buffer.concat(chunks), type: response.headers['content-type'] }));
          response.once('error', reject);
        },
      ).once('error', reject);
    });
    const boundary = createRecordBoundary(type)!;
    expect(body.length).toBeGreaterThan(100);
    const first = boundary.push(body.subarray(0, 50));
    expect([first, boundary.atBoundary]).toEqual([undefined, false]);
    const end = boundary.boundaryIn(body.subarray(50))!;
    expect(JSON.parse(body.toString('utf8', 0, 50 + end))).toMatchObject({ type: 'ADDED', object: { kind: 'Pod' } });
    boundary.push(body.subarray(50));
    expect(boundary.atBoundary).toBe(true);
  });
});
