import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import {
  clusterEvents,
  describeWith,
  eventually,
  runCli,
  runCommand,
  runDirectory,
  theBed,
  type Person,
} from '../harness/index.ts';
import { rightsOf, rightsOfAll, rightsOfGateway } from './account-rights.ts';
import { clusterObjects, eventuallyOnly } from './cluster-objects.ts';
import { startWorkload, workIn } from './everyday-work.ts';
import { prepareInstallation, type Installation } from './install.ts';

const services = ['proxy', 'authenticate', 'authorize', 'audit'];
const namespace = 'sallyport';

type Pod = {
  metadata: { name: string; uid: string; labels: Record<string, string> };
  status: { phase: string; containerStatuses: { ready: boolean; restartCount: number; imageID: string }[] };
};

describeWith(
  ['pods', 'redis', 'kafka', 'postgres', 'kubectl', 'helm'],
  'Sallyport as pods of the cluster that it guards',
  () => {
    const closers = new Closers();
    const admin = () => theBed().cluster!.admin;
    let installation: Installation;
    let alice: Person;
    let before: Set<string>;
    const say = (line: string) => process.stderr.write(`pods: ${line}\n`);
    const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
    const pods = async (): Promise<Pod[]> => {
      const list = await admin().kubectl(['get', 'pods', '-n', namespace, '-o', 'json']);
      return (JSON.parse(list) as { items: Pod[] }).items;
    };
    const inPod = (name: string, script: string) =>
      admin().tryKubectl(['exec', '-n', namespace, name, '--', 'sh', '-c', script]);

    beforeAll(async () => {
      installation = await prepareInstallation(closers);
      await startWorkload('dev');
      before = await clusterObjects();
    });
    afterAll(() => closers.run());

    it('is installed by one kubectl apply, and all Deployments become ready', async () => {
      const began = Date.now();
      // kubectl warns on standard error, about fields and about pods that the namespace will not admit.
      expect(await admin().tryKubectl(['apply', '-k', installation.overlay])).toMatchObject({ code: 0, stderr: '' });
      await admin().kubectl(['rollout', 'status', 'deployment', '-n', namespace, '--timeout=240s']);
      say(`all Deployments were ready after ${seconds(began)}`);
      const running = await pods();
      expect(running.map((pod) => pod.metadata.labels['app.kubernetes.io/component']!).toSorted()).toEqual(
        services.flatMap((name) => [name, name]).toSorted(),
      );
      expect(running.flatMap((pod) => pod.status.containerStatuses.map((one) => one.restartCount))).toEqual(
        running.map(() => 0),
      );
    });

    it('runs without rights: a read-only root, no capability, no new privileges, its own user, seccomp', async () => {
      const places = ['/', '/tmp', '/app', '/etc/sallyport/config'];
      // The image has a shell and Node.js, and no other programs.
      const script = `while read -r key value; do
          case $key in Uid:|CapEff:|CapBnd:|NoNewPrivs:|Seccomp:) echo $key $value;; esac
        done < /proc/1/status
        for place in ${places.join(' ')}; do (echo > $place/x) 2>&1; done`;
      for (const pod of await pods()) {
        const { stdout } = await inPod(pod.metadata.name, script);
        const lines = stdout.trim().split('\n');
        expect(lines.slice(0, -places.length).toSorted()).toEqual([
          'CapBnd: 0000000000000000',
          'CapEff: 0000000000000000',
          'NoNewPrivs: 1',
          'Seccomp: 2',
          'Uid: 10001 10001 10001 10001',
        ]);
        for (const line of lines.slice(-places.length)) expect(line).toContain('Read-only file system');
      }
    });

    it('gives its accounts no rights but that of the gateway to impersonate', async () => {
      for (const account of ['authenticate', 'authorize', 'audit'])
        expect(await rightsOf(namespace, `sallyport-${account}`)).toEqual(rightsOfAll);
      expect(await rightsOf(namespace, 'sallyport-gateway')).toEqual(
        rightsOfGateway(['developers', 'sre', 'security-auditors']),
      );
    });

    it('keeps a pod with more rights out of its namespace', async () => {
      const image = theBed().cluster!.node!.image;
      const refused = await admin().tryKubectl(['run', 'root', '-n', namespace, `--image=${image}`, '--privileged']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('violates PodSecurity "restricted:latest"');
    });

    it('logs a person in, and the API server sees the person', async () => {
      alice = await installation.person('alice@example.com');
      expect(await alice.kubectl(['get', 'pods', '-n', 'dev', '-o', 'name'])).toBe('pod/web\n');
      const who = JSON.parse(await alice.kubectl(['auth', 'whoami', '-o', 'json'])) as { status: { userInfo: object } };
      expect(who.status.userInfo).toMatchObject({
        username: 'alice@example.com',
        groups: ['developers', 'system:authenticated'],
      });
      const event = await eventually('the request in the audit log of the cluster', () =>
        clusterEvents(theBed().cluster!.auditLogFile).find(
          (one) =>
            one.impersonatedUser?.username === 'alice@example.com' &&
            one.requestURI.startsWith('/api/v1/namespaces/dev/pods'),
        ),
      );
      expect(event.user.username).toBe('system:serviceaccount:sallyport:sallyport-gateway');
    });

    it('lets a person work: exec, logs, port-forward, cp, a release of Helm', async () => {
      await workIn('dev', alice);
    });

    it('is described by a support bundle: objects, logs, metrics, and the configuration without secrets', async () => {
      const directory = mkdtempSync(path.join(runDirectory(), 'bundle-'));
      const { adminKubeconfig } = theBed().cluster!;
      const args = [
        '--namespace',
        namespace,
        '--kubeconfig',
        adminKubeconfig,
        '--out',
        path.join(directory, 'b.tar.gz'),
      ];
      const env = { PATH: `${path.dirname(theBed().kubectl!)}:${process.env['PATH'] ?? ''}` };
      const made = await runCli(['support-bundle', ...args, '-o', 'json'], { home: directory, env });
      expect([made.code, made.stderr]).toEqual([0, '']);
      expect(await runCommand('tar', ['-xzf', 'b.tar.gz'], { cwd: directory })).toMatchObject({ code: 0 });
      const read = (name: string) => readFileSync(path.join(directory, 'sallyport-support/kubernetes', name), 'utf8');
      let logs = '';
      for (const { metadata } of await pods()) {
        const at = `pods/${metadata.name}/${metadata.labels['app.kubernetes.io/component']}`;
        logs += read(`${at}.log`);
        expect(read(`${at}.metrics.txt`)).toContain('# HELP');
        expect(JSON.parse(read(`${at}.readyz.json`))).toHaveProperty('checks');
      }
      expect(logs).toContain('"service":"proxy"');
      expect(read('sallyport.yaml')).toContain('clientSecret: ${file:');
      expect(read('objects.json')).toContain('"kind": "Deployment"');
      expect(read('objects.json')).not.toContain('"kind": "Secret"');
    });

    it('refuses whom the policy does not name', async () => {
      const mallory = await installation.person('mallory@example.com');
      const refused = await mallory.tryKubectl(['get', 'pods', '-n', 'dev']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('Forbidden');
    });

    it('refuses everyone while no pod of authorize is there, and goes on when one is', async () => {
      const ask = () => alice.tryKubectl(['get', 'pods', '-n', 'dev']);
      const scale = (replicas: number) =>
        admin().kubectl(['scale', 'deployment/authorize', '-n', namespace, `--replicas=${replicas}`]);
      await scale(0);
      await eventually('the refusal', async () => (await ask()).stderr.includes('ServiceUnavailable'));
      await scale(2);
      await eventually('an answer', async () => (await ask()).code === 0, 90_000);
    });

    it('has recorded all of it, for those who may read it', async () => {
      const carol = await installation.person('carol@example.com');
      const found = await eventually('the exec in the audit trail', async () => {
        const whose = ['--user', 'alice@example.com', '--subresource', 'exec'];
        const { stdout } = await carol.cli(['audit', 'search', ...whose, '-o', 'json']);
        return stdout.includes('"exec"') && stdout;
      });
      expect(found).toContain('alice@example.com');
    });

    it('applies a change of the policy in its ConfigMap within seconds, without a restart', async () => {
      const before = (await pods()).map((pod) => pod.metadata.uid).toSorted();
      const shell = alice.startKubectl(['exec', '-n', 'dev', 'web', '--', 'sh', '-c', 'echo here; sleep 1000']);
      await shell.says(/here/);
      const patch = (policy: object) =>
        admin().kubectl([
          'patch',
          'configmap',
          'sallyport-policy',
          '-n',
          namespace,
          '-p',
          JSON.stringify({ data: { 'policy.yaml': JSON.stringify(policy) } }),
        ]);
      const began = Date.now();
      await patch([{ allow: { and: [{ groups: 'sre' }] } }]);
      await eventually('the refusal of the new policy', async () =>
        (await alice.tryKubectl(['get', 'pods', '-n', 'dev'])).stderr.includes('Forbidden'),
      );
      say(`a change of the policy refused a request after ${seconds(began)}`);
      expect(await shell.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('policy') });
      say(`and had ended an open stream after ${seconds(began)}`);
      await patch([{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }]);
      await eventually(
        'the permission of the policy as it was',
        async () => (await alice.tryKubectl(['get', 'pods', '-n', 'dev'])).code === 0,
      );
      const after = await pods();
      expect(after.map((pod) => pod.metadata.uid).toSorted()).toEqual(before);
      expect(after.every((pod) => pod.status.containerStatuses.every((one) => one.restartCount === 0))).toBe(true);
    });

    it('is removed by one kubectl delete, which leaves nothing', async () => {
      const began = Date.now();
      await admin().kubectl(['delete', '-k', installation.overlay, '--timeout=240s']);
      say(`everything was removed after ${seconds(began)}`);
      expect((await admin().tryKubectl(['get', 'namespace', namespace])).stderr).toContain('NotFound');
      const left = await admin().kubectl(['get', 'clusterroles,clusterrolebindings', '-o', 'name']);
      expect(left).not.toContain('sallyport');
      await eventuallyOnly([], before);
      const refused = await alice.tryKubectl(['get', 'pods', '-n', 'dev', '--request-timeout=5s']);
      expect(refused.code).not.toBe(0);
    });
  },
);
