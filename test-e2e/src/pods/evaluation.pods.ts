import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isFullRun } from '@sallyport/kit/testing';
import { freePort } from '@sallyport/bed';
import { chart } from '../deployment/render-chart.ts';
import { Closers } from '../harness/closers.ts';
import { describeWith, eventually, runDirectory, startCommand, theBed } from '../harness/index.ts';
import { createPerson, type Person } from '../harness/person.ts';
import { clusterObjects, eventuallyOnly, keptObjects } from './cluster-objects.ts';
import { loadEvaluationImages } from './evaluation-images.ts';
import { containerMemory } from './pod-memory.ts';
import { releaseIn } from './release.ts';

const namespace = 'evaluation';
const servers = ['kafka', 'postgres', 'redis'];
const services = ['audit', 'authenticate', 'authorize', 'proxy'];

describeWith(
  ['pods', 'redis', 'kafka', 'postgres', 'kubectl', 'helm'],
  'an evaluation, which brings its servers',
  () => {
    const closers = new Closers();
    const cluster = () => theBed().cluster!;
    const admin = () => cluster().admin;
    const say = (line: string) => process.stderr.write(`pods: ${line}\n`);
    const release = releaseIn(namespace);
    let directory: string;
    let images: Record<string, string>;
    let before: Set<string>;
    let alice: Person;

    /** Forwards a port of this machine to a Service of the release, as the notes of the chart say. */
    const forward = async (service: string, ports: string) => {
      const access = ['--kubeconfig', cluster().adminKubeconfig, '-n', namespace];
      const args = ['port-forward', ...access, `service/sallyport-${service}`, ports];
      const running = startCommand(theBed().kubectl!, args, { timeoutMs: 600_000 });
      closers.add(() => running.stop());
      await running.says(/Forwarding from/);
    };

    beforeAll(async () => {
      directory = mkdtempSync(path.join(runDirectory(), 'evaluation-'));
      closers.add(async () => rmSync(directory, { recursive: true, force: true }));
      closers.add(async () => void (await admin().tryKubectl(['delete', 'namespace', namespace, '--wait=false'])));
      const began = Date.now();
      images = await loadEvaluationImages(directory);
      say(`the images of an evaluation were on the node after ${((Date.now() - began) / 1000).toFixed(1)} s`);
      await admin().apply({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      });
      await eventually(
        'the default account',
        async () =>
          (await admin().tryKubectl(['get', 'serviceaccount/default', 'configmap/kube-root-ca.crt', '-n', namespace]))
            .code === 0,
      );
      before = await clusterObjects();
    });
    afterAll(() => closers.run());

    it('answers kubectl within two minutes of one command', async () => {
      const url = `https://localhost:${await freePort()}`;
      const began = Date.now();
      const notes = await release.helm(
        ['install', 'sallyport', chart, '--wait', '--timeout=240s', '--set', `evaluation=true,gateway.url=${url}`],
        { evaluationImages: images },
      );
      expect(notes).toContain('THIS IS AN EVALUATION');
      await forward('proxy', `${new URL(url).port}:443`);
      await forward('identity-provider', '9000:9000');
      const authority = ['get', 'configmap', 'sallyport-gateway-ca', '-n', namespace];
      const caPem = await admin().kubectl([...authority, '-o', 'jsonpath={.data.ca\\.crt}']);
      const caFile = path.join(directory, 'gateway-ca.crt');
      writeFileSync(caFile, caPem);
      const gateway = { url, caFile, caPem, directory, kubectl: theBed().kubectl! };
      alice = await createPerson(gateway, { user: 'alice@example.com', password: 'alice', cluster: 'home' });
      await alice.login();
      const seen = (await alice.kubectl(['get', 'pods', '-n', namespace, '-o', 'name'])).trim().split('\n');
      const seconds = (Date.now() - began) / 1000;
      say(`an evaluation answered kubectl ${seconds.toFixed(1)} s after the command that installs it`);
      expect(seen).toHaveLength(servers.length + services.length);
      expect(Object.keys(await release.pods()).toSorted()).toEqual([...servers, ...services].toSorted());
    });

    if (isFullRun)
      it('uses no more memory when idle than it requests', async () => {
        const memory = await eventually('the memory of every container', async () => {
          const found = await containerMemory(namespace);
          return found.length === servers.length + services.length + 1 ? found : undefined;
        });
        for (const { name, used, requested, limit } of memory)
          say(`${name.padEnd(20)}${used} MiB of ${requested} requested and ${limit} at most`);
        expect(memory.filter(({ used, requested }) => used > requested)).toEqual([]);
      });

    it('leaves only what it says when it is uninstalled, and nothing after the command that it names', async () => {
      await release.helm(['uninstall', 'sallyport', '--wait']);
      await eventuallyOnly(
        [...keptObjects(namespace, 'sallyport'), `Secret ${namespace} sallyport-evaluation`],
        before,
      );
      const label = 'app.kubernetes.io/instance=sallyport,app.kubernetes.io/component=secrets';
      await admin().kubectl(['delete', 'secrets,configmaps', '-n', namespace, '-l', label]);
      await eventuallyOnly([], before);
    });
  },
);
