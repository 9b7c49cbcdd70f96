import process from 'node:process';
import { afterAll, expect, it } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import { describeWith, startPod, theBed } from '../harness/index.ts';
import { prepareInstallation } from './install.ts';

describeWith(['pods', 'redis', 'kafka', 'postgres', 'kubectl'], 'Sallyport as pods with TLS between them', () => {
  const closers = new Closers();
  const admin = () => theBed().cluster!.admin;
  afterAll(() => closers.run());

  it('is installed from its overlay, works for a person, and is removed', async () => {
    const installation = await prepareInstallation(closers, 'k8s/overlays/tls');
    await startPod('dev', 'secured');
    const began = Date.now();
    expect(await admin().tryKubectl(['apply', '-k', installation.overlay])).toMatchObject({ code: 0, stderr: '' });
    await admin().kubectl(['rollout', 'status', 'deployment', '-n', 'sallyport', '--timeout=240s']);
    process.stderr.write(`pods: all Deployments were ready with TLS after ${(Date.now() - began) / 1000} s\n`);
    const alice = await installation.person('alice@example.com');
    expect((await alice.kubectl(['exec', '-n', 'dev', 'secured', '--', 'hostname'])).trim()).toBe('secured');
    // The other services speak no plain HTTP.
    const plain =
      "require('node:http').get('http://authorize:4181/').on('response', () => process.exit(1)).on('error', () => {})";
    const proxy = ['exec', '-n', 'sallyport', 'deployment/proxy', '--', 'node', '-e', plain];
    expect(await admin().tryKubectl(proxy)).toMatchObject({ code: 0 });
    await admin().kubectl(['delete', '-k', installation.overlay, '--timeout=240s']);
    expect((await admin().tryKubectl(['get', 'namespace', 'sallyport'])).stderr).toContain('NotFound');
  });
});
