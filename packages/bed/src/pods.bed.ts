import path from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from '@jest/globals';
import { startBed, waitUntil } from './index.ts';
import { traces } from './testing/traces.ts';

const before = traces('no run at all');
const bed = await startBed({
  need: ['pods', 'redis'],
  onProgress: (line) => process.stderr.write(`bed: ${line}\n`),
});
afterAll(() => bed.stop());

const onPods = bed.cluster?.network ? it : it.skip;
const { kubectl, tryKubectl, apply } = bed.cluster?.admin ?? ({} as NonNullable<typeof bed.cluster>['admin']);

function pod(name: string, script: string, labels: Record<string, string> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name, image: bed.cluster!.node!.image, command: ['sh', '-c', script] }] },
  };
}
/** Returns words of a shell that are the address of a Service. The static busybox resolves names only in nslookup. */
const addressOf = (service: string) =>
  `$(nslookup -type=a ${service}.svc.cluster.local | sed -n 's/^Address: //p' | tail -n 1)`;
const inPod = (name: string, script: string) => tryKubectl(['exec', name, '--', 'sh', '-c', script]);

describe('a node with Services', () => {
  it('is there, or the bed reports what is missing', () => {
    for (const each of bed.missing)
      process.stderr.write(`bed: not tested: ${each.missing}: ${each.why}. ${each.hint}\n`);
    if (process.env['CI'] === 'true') expect(bed.missing).toEqual([]);
    expect(bed.cluster?.network === undefined).toBe(bed.missing.some((each) => each.missing === 'pods'));
  });

  onPods('resolves a Service by its name, and leads to its pods, also to the one that asks', async () => {
    await apply(
      pod('web', 'mkdir -p /tmp/site && hostname > /tmp/site/index.html && exec httpd -f -p 8080 -h /tmp/site', {
        app: 'web',
      }),
      pod('client', 'exec sleep 100000'),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'out' },
        spec: {
          type: 'NodePort',
          externalTrafficPolicy: 'Local',
          selector: { app: 'web' },
          ports: [{ port: 80, targetPort: 8080 }],
        },
      },
    );
    await kubectl(['wait', '--for=condition=Ready', 'pod/web', 'pod/client', '--timeout=240s']);
    const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${addressOf('web.default')} 80 | tail -n 1`;
    const answers = (name: string) => waitUntil(async () => (await inPod(name, ask)).stdout === 'web\n', 15_000, 500);
    expect(await answers('client')).toBe(true);
    expect(await answers('web')).toBe(true);
    expect((await inPod('client', `test -n "${addressOf('nothing.default')}"`)).code).not.toBe(0);
  });

  onPods('has ports on which this machine reaches a Service, as from outside of a cluster', async () => {
    const port = await kubectl(['get', 'service', 'out', '-o', 'jsonpath={.spec.ports[0].nodePort}']);
    const answer = await fetch(`http://${bed.cluster!.network!.node}:${port}/`);
    expect(await answer.text()).toBe('web\n');
  });

  onPods('lets a pod reach the API server as kubernetes.default.svc, with the token of its account', async () => {
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    await apply({
      ...pod('kubectl', ''),
      spec: {
        containers: [
          {
            name: 'kubectl',
            image: bed.cluster!.node!.image,
            volumeMounts: [{ name: 'programs', mountPath: '/programs', readOnly: true }],
          },
        ],
        volumes: [{ name: 'programs', hostPath: { path: path.dirname(bed.kubectl!) } }],
      },
    });
    await kubectl(['wait', '--for=condition=Ready', 'pod/kubectl', '--timeout=240s']);
    const asked = await inPod(
      'kubectl',
      `/programs/kubectl --server=https://kubernetes.default.svc --certificate-authority=${account}/ca.crt --token="$(cat ${account}/token)" auth whoami`,
    );
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('system:serviceaccount:default:default') });
    const slice = await kubectl([
      'get',
      'endpointslices',
      '-n',
      'default',
      '-l',
      'kubernetes.io/service-name=kubernetes',
      '-o',
      'jsonpath={.items[*].endpoints[*].addresses[*]}',
    ]);
    expect(slice).toBe(bed.cluster!.network!.host);
  });

  onPods('lets a pod reach the other servers of the bed', async () => {
    const { port } = new URL(bed.redis!.url);
    const asked = await inPod('client', `printf 'PING\\r\\n' | nc -w 2 ${bed.cluster!.network!.host} ${port}`);
    expect(asked.stdout).toBe('+PONG\r\n');
  });

  onPods('brings a change of a ConfigMap into running pods within seconds', async () => {
    const map = (data: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'words' },
      data: { word: data },
    });
    await apply(map('one'), {
      ...pod('reader', ''),
      spec: {
        containers: [
          { name: 'reader', image: bed.cluster!.node!.image, volumeMounts: [{ name: 'words', mountPath: '/words' }] },
        ],
        volumes: [{ name: 'words', configMap: { name: 'words' } }],
      },
    });
    await kubectl(['wait', '--for=condition=Ready', 'pod/reader', '--timeout=240s']);
    await apply(map('two'));
    const read = await inPod(
      'reader',
      'for i in $(seq 40); do grep -q two /words/word && exit; sleep 0.5; done; exit 1',
    );
    expect(read.code).toBe(0);
  });

  onPods('leaves nothing behind', async () => {
    expect(traces(bed.runId, before)).not.toEqual([]);
    await bed.stop();
    expect(traces(bed.runId, before)).toEqual([]);
  });
});
