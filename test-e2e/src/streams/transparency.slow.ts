import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  startCommand,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';
import { pump, type Pumped } from './pump.ts';

const bytes = 1e9;
const minutes = 60_000;
const roads = ['straight', 'through the gateway'] as const;
const transports = [
  ['WebSocket', 'true', 0],
  ['SPDY', 'false', 1],
] as const;

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'a billion bytes in one stream', () => {
  let gateway: Gateway;
  let alice: Person;
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await createNamespace();
    gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
    alice = await gateway.person('alice@example.com');
    await startPod(namespace.name, 'echo', 'exec nc -ll -p 7000 -e cat');
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
  });

  const environmentOf = (road: (typeof roads)[number], webSockets: string): Record<string, string> => ({
    ...(road === 'straight'
      ? { KUBECONFIG: theBed().cluster!.adminKubeconfig, KUBECACHEDIR: path.join(alice.home, 'straight-cache') }
      : alice.env),
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets,
    KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets,
  });
  const exec = async (environment: Record<string, string>): Promise<Pumped> => {
    const child = spawn(theBed().kubectl!, ['exec', '-i', '-n', namespace.name, 'echo', '--', 'cat'], {
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    const pumped = await pump(child.stdin, child.stdout, bytes);
    expect((await closed)[0]).toBe(0);
    return pumped;
  };
  const portForward = async (environment: Record<string, string>): Promise<Pumped> => {
    const forward = startCommand(theBed().kubectl!, ['port-forward', '-n', namespace.name, 'pod/echo', ':7000'], {
      env: environment,
      timeoutMs: 10 * minutes,
    });
    try {
      const [, port] = await forward.says(/127\.0\.0\.1:(\d+) -> 7000/);
      const socket = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });
      const pumped = await pump(socket, socket, bytes);
      socket.destroy();
      return pumped;
    } finally {
      await forward.stop();
    }
  };

  describe.each(transports)('over %s', (transport, webSockets, turn) => {
    it.each([
      ['exec', exec, 'exec'],
      ['port-forward', portForward, 'portforward'],
    ] as const)(
      'of %s comes back unchanged, and is counted',
      async (name, run, kind) => {
        const rates: string[] = [];
        for (const road of roads) {
          const pumped = await run(environmentOf(road, webSockets));
          expect([road, pumped.receivedBytes, pumped.received]).toEqual([road, bytes, pumped.sent]);
          rates.push(`${road} ${pumped.rate} MB/s`);
        }
        process.stderr.write(`measured: ${name} over ${transport}, ${bytes / 1e9} GB each way: ${rates.join(', ')}\n`);
        const { stream, portForward: forwarded } = await eventually(
          'its event',
          () =>
            gateway
              .events()
              .filter(({ type, data }) => type === 'stream.closed' && data.sallyport.stream!.kind === kind)[turn]?.data
              .sallyport,
          20_000,
        );
        const counts =
          kind === 'exec'
            ? [stream!.channels!.stdin!.fromClient, stream!.channels!.stdout!.fromServer]
            : [forwarded!.ports[0]!.fromClient, forwarded!.ports[0]!.fromServer];
        expect(counts).toEqual([bytes, bytes]);
      },
      10 * minutes,
    );
  });
});
