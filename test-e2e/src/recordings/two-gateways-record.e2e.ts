import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import {
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  runCommand,
  runDirectory,
  startCli,
  startGateway,
  startPod,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

const needs = ['node', 'redis', 'kafka', 'postgres', 'kubectl', 'versitygw'] as const;

describeWith(needs, 'sessions that two gateways record into one bucket', () => {
  let bed: Bed;
  let gateway: Gateway;
  let namespace: TestNamespace;
  let [alice, carol]: Person[] = [];
  let directory: string;
  let identity: string;
  let servers: string[];
  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'two-gateways-'));
    identity = path.join(directory, 'identity.txt');
    const made = await runCommand('age-keygen', ['-o', identity]);
    bed = await startBed({ need: ['versitygw', 'redis'] });
    namespace = await createNamespace();
    await startPod(namespace.name, 'shell');
    const { endpoint, bucket, accessKeyId, secretAccessKey } = bed.versitygw!;
    const auditors = [{ allow: { or: [{ groups: 'security-auditors' }] } }];
    gateway = await startGateway({
      mode: 'processes',
      proxies: 2,
      servers: { redis: bed.redis!.url },
      clusters: [await realClusterAccess()],
      apiPolicy: { audit: auditors, recordings: auditors, sessions: auditors },
      audit: { spool: { dir: path.join(directory, 'spool') } },
      more: {
        recordings: {
          default: 'required',
          recipients: [/age1[a-z0-9]+/.exec(made.stderr)![0]],
          store: { s3: { endpoint, bucket, accessKeyId, secretAccessKey } },
        },
      },
    });
    [alice, carol] = [await gateway.person('alice@example.com'), await gateway.person('carol@example.com')];
    servers = [gateway.clusterUrl(), gateway.moreProxies[0]!.url + new URL(gateway.clusterUrl()).pathname];
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
    await bed?.stop();
  });

  const exec = (server: string, ...command: string[]) => {
    const where = ['-i', 'shell', '-n', namespace.name, '--server', server];
    return ['exec', ...where, '--', ...command];
  };
  const asAuditor = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await carol!.cli(args);
    if (code !== 0) throw new Error(`sallyport ${args.join(' ')} failed with ${code}: ${stderr}`);
    return stdout;
  };

  it('are shown live on either of them, and only to those who may see recordings', async () => {
    const watched = new Set<string>();
    for (const server of servers) {
      const shell = alice!.startKubectl(
        exec(server, 'sh', '-c', 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 0.2; done'),
      );
      await shell.says(/tick 3/);
      // That of the other gateway may still be listed.
      const stream = await eventually('the session in the list', async () => {
        const listed = JSON.parse(await asAuditor('sessions', 'list', '--streams', '--all', '-o', 'json')) as {
          streams: { id: string; kind: string; recording?: string }[];
        };
        return listed.streams.find(
          ({ id, kind, recording }) => kind === 'exec' && recording !== undefined && !watched.has(id),
        );
      });
      watched.add(stream.id);
      const watch = await eventually('the session to be watched', async () => {
        const started = startCli(['sessions', 'watch', stream.id], { home: carol!.home, env: carol!.env });
        return (await started.says(/tick \d+/).catch(() => undefined)) && started;
      });
      const refused = await alice!.cli(['sessions', 'watch', stream.id]);
      expect(refused.code).not.toBe(0);
      await gateway.audit.await(
        ({ type, data }) =>
          type === 'recording.viewed' &&
          data.sallyport.recording?.id === stream.recording &&
          data.sallyport.recording?.by === 'watch',
      );
      await shell.stop('SIGKILL');
      await watch.ended;
    }
  });

  it('say in their event what kubectl cp copied', async () => {
    const file = path.join(directory, 'copied.bin');
    const bytes = Buffer.alloc(100_000, 'sallyport');
    writeFileSync(file, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await alice!.kubectl(['cp', file, `${namespace.name}/shell:/tmp/copied.bin`, '--server', servers[1]!]);
    await alice!.kubectl(['cp', `${namespace.name}/shell:/tmp/copied.bin`, `${file}.back`, '--server', servers[0]!]);
    for (const direction of ['upload', 'download'])
      await gateway.audit.await(
        ({ type, data }) =>
          type === 'stream.closed' &&
          data.sallyport.copy?.direction === direction &&
          data.sallyport.copy.bytes === bytes.length &&
          data.sallyport.copy.sha256 === sha256,
      );
  });

  it('are whole in the bucket, and verify with the topic', async () => {
    for (const server of servers) await alice!.kubectl(exec(server, 'echo', `through ${new URL(server).port}`));
    const listed = await eventually('all recordings to be complete', async () => {
      const { recordings } = JSON.parse(await asAuditor('recordings', 'list', '-o', 'json')) as {
        recordings: { id: string; state: string }[];
      };
      return recordings.every(({ state }) => state === 'complete') && recordings;
    });
    const shown = await Promise.all(
      listed.map(({ id }) =>
        eventually('its files in the bucket', () => asAuditor('recordings', 'play', id, '--identity', identity)),
      ),
    );
    for (const server of servers)
      expect(shown.some((text) => text.includes(`through ${new URL(server).port}`))).toBe(true);
    const verified = JSON.parse(
      await asAuditor('audit', 'verify', '--topic', '--config', gateway.configFile, '--recordings', '-o', 'json'),
    ) as { faults: unknown[]; recordings: { recordings: number; faults: unknown[] } };
    expect(verified).toMatchObject({ faults: [], recordings: { recordings: listed.length, faults: [] } });
  });
});
