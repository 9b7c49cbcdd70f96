import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { attachBed, freePort, startBed, waitUntil } from './index.ts';
import { traces } from './testing/traces.ts';
import { spawn } from 'node:child_process';
import { runCommand } from './run/command.ts';

const before = traces('no run at all');
const bed = await startBed({
  need: ['redis', 'kafka', 'postgres', 'node', 'kubectl', 'helm'],
  onProgress: (line) => process.stderr.write(`bed: ${line}\n`),
});
const scratch = mkdtempSync(path.join(os.tmpdir(), 'bed-test-'));
afterAll(async () => {
  await bed.stop();
  rmSync(scratch, { recursive: true });
});

const onNode = bed.cluster?.node ? it : it.skip;
const onCluster = bed.cluster ? it : it.skip;
const cluster = bed.cluster!;
const { kubectl, tryKubectl, apply } = cluster?.admin ?? {};
const pod = (name: string) => ['run', name, `--image=${cluster.node!.image}`, '--restart=Never'];

async function startPod(name: string): Promise<void> {
  await kubectl(pod(name));
  await kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=240s']);
}

describe('the bed', () => {
  it('has everything that was requested, or reports what is missing', () => {
    for (const each of bed.missing)
      process.stderr.write(`bed: not tested: ${each.missing}: ${each.why}. ${each.hint}\n`);
    if (process.env['CI'] === 'true') expect(bed.missing).toEqual([]);
    expect(bed.missing.every((each) => each.why !== '' && each.hint !== '')).toBe(true);
  });

  it('can be used by another process from its description', async () => {
    const attached = attachBed(JSON.parse(JSON.stringify(bed.describe())) as ReturnType<typeof bed.describe>);
    expect(attached.redis?.url).toBe(bed.redis?.url);
    if (attached.cluster) expect(await attached.cluster.admin.kubectl(['auth', 'whoami', '-o', 'name'])).toBeDefined();
  });
});

describe('the control plane', () => {
  onCluster('gives the gateway an account that may only impersonate the named groups', async () => {
    const account = await cluster.createGatewayServiceAccount({ groups: ['developers'] });
    const asGateway = (...args: string[]) =>
      tryKubectl([
        '--kubeconfig=/dev/null',
        `--server=${cluster.server}`,
        `--certificate-authority=${cluster.caFile}`,
        `--token=${readFileSync(account.tokenFile, 'utf8').trim()}`,
        ...args,
      ]);
    const alice = await asGateway(
      '--as=alice@example.com',
      '--as-group=developers',
      '--as-uid=u1',
      'auth',
      'whoami',
      '-o',
      'json',
    );
    expect(JSON.parse(alice.stdout)).toMatchObject({
      status: {
        userInfo: { username: 'alice@example.com', uid: 'u1', groups: ['developers', 'system:authenticated'] },
      },
    });
    expect((await asGateway('--as=alice@example.com', '--as-group=system:masters', 'get', 'pods')).stderr).toContain(
      'cannot impersonate resource "groups"',
    );
    expect((await asGateway('get', 'pods')).stderr).toContain('cannot list resource "pods"');
  });

  onCluster('records every request twice: when it arrives and when it is answered', async () => {
    await kubectl(['get', '--raw', '/api/v1/namespaces/default/configmaps?labelSelector=recorded']);
    const events = readFileSync(cluster.auditLogFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { auditID: string; stage: string; requestURI: string });
    const ours = events.filter((event) => event.requestURI.includes('labelSelector=recorded'));
    expect(ours.map((event) => event.stage)).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(new Set(ours.map((event) => event.auditID)).size).toBe(1);
  });

  onCluster('authorizes by a binding on a group', async () => {
    await apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'developers', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    const may = async (group: string): Promise<string> =>
      (await tryKubectl(['--as=a', `--as-group=${group}`, 'auth', 'can-i', 'list', 'pods'])).stdout.trim();
    expect(await may('developers')).toBe('yes');
    expect(await may('others')).toBe('no');
  });
});

describe('the node', () => {
  onNode('runs a command in a pod with input, output and exit code, over WebSocket and over SPDY', async () => {
    await startPod('exec');
    for (const webSockets of ['true', 'false']) {
      const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets };
      const result = await tryKubectl(['exec', '-i', 'exec', '--', 'sh', '-c', 'wc -c; echo oops >&2; exit 3'], {
        env,
        input: 'twelve bytes',
      });
      expect(result).toMatchObject({ code: 3, stdout: '12\n' });
      expect(result.stderr).toContain('oops');
    }
  });

  onNode('copies files to a pod and back, and returns its logs', async () => {
    await kubectl([...pod('copy'), '--', 'sh', '-c', 'for i in 1 2 3; do echo line $i; done; sleep 1000']);
    await kubectl(['wait', '--for=condition=Ready', 'pod/copy', '--timeout=240s']);
    writeFileSync(path.join(scratch, 'there'), Buffer.alloc(300_000, 'x'));
    await kubectl(['cp', path.join(scratch, 'there'), 'copy:/tmp/file']);
    await kubectl(['cp', 'copy:/tmp/file', path.join(scratch, 'back')]);
    expect(readFileSync(path.join(scratch, 'back')).equals(readFileSync(path.join(scratch, 'there')))).toBe(true);
    expect(await kubectl(['logs', 'copy'])).toBe('line 1\nline 2\nline 3\n');
  });

  onNode('forwards a port', async () => {
    await startPod('web');
    await kubectl([
      'exec',
      'web',
      '--',
      'sh',
      '-c',
      'mkdir -p /tmp/w && echo hello > /tmp/w/index.html && httpd -p 8080 -h /tmp/w',
    ]);
    const port = await freePort();
    const env = { ...process.env, KUBECONFIG: cluster.adminKubeconfig };
    const forward = spawn(bed.kubectl!, ['port-forward', 'pod/web', `${port}:8080`], { env, stdio: 'ignore' });
    let text = '';
    await waitUntil(async () => (text = await (await fetch(`http://127.0.0.1:${port}/`)).text()) !== '', 10_000);
    forward.kill();
    expect(text).toBe('hello\n');
  });

  onNode('runs the pods of a chart, and helm removes them again', async () => {
    const chart = path.join(scratch, 'chart');
    mkdirSync(path.join(chart, 'templates'), { recursive: true });
    writeFileSync(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: small\nversion: 1.0.0\n');
    writeFileSync(
      path.join(chart, 'templates', 'deployment.yaml'),
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'small' },
        spec: {
          selector: { matchLabels: { app: 'small' } },
          template: {
            metadata: { labels: { app: 'small' } },
            spec: { containers: [{ name: 'c', image: cluster.node!.image }] },
          },
        },
      }),
    );
    const env = {
      KUBECONFIG: cluster.adminKubeconfig,
      HELM_CACHE_HOME: scratch,
      HELM_CONFIG_HOME: scratch,
      HELM_DATA_HOME: scratch,
    };
    await runCommand(bed.helm!, ['install', 'small', chart, '--wait', '--timeout', '60s'], { env });
    expect(await kubectl(['get', 'deploy', 'small', '-o', 'jsonpath={.status.readyReplicas}'])).toBe('1');
    await runCommand(bed.helm!, ['uninstall', 'small', '--wait'], { env });
    expect((await tryKubectl(['get', 'deploy', 'small'])).stderr).toContain('NotFound');
  });
});

describe('a server of the bed', () => {
  (bed.redis ? it : it.skip)('can be stopped and started again on the same port', async () => {
    const redis = bed.redis!;
    const before = redis.pid();
    await redis.pause();
    expect(redis.pid()).toBeUndefined();
    await redis.resume();
    expect(redis.pid()).not.toBe(before);
  });

  (bed.kafka ? it : it.skip)('restarts within seconds even if it is a broker with a session', async () => {
    const began = Date.now();
    await bed.kafka!.restart();
    expect(Date.now() - began).toBeLessThan(30_000);
  });
});

describe('stopping the bed', () => {
  onNode('leaves nothing behind, with pods running on it', async () => {
    const pids = Object.values(bed.pids()).filter((pid) => pid !== undefined);
    expect(pids.length).toBeGreaterThanOrEqual(9);
    expect(traces(bed.runId, before)).not.toEqual([]);
    await bed.stop();
    expect(traces(bed.runId, before)).toEqual([]);
    expect(existsSync(bed.directory)).toBe(false);
  });
});
