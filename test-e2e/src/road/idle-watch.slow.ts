import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import {
  createNamespace,
  describeWith,
  realClusterAccess,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

const minutes = 60_000;

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'streams that are idle for six minutes', () => {
  let gateway: Gateway;
  let alice: Person;
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await createNamespace();
    gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
    alice = await gateway.person('alice@example.com');
    await startPod(namespace.name, 'quiet', 'sleep 370; echo woke up; sleep 1000');
    await startPod(namespace.name, 'shell');
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
  });

  it(
    'still deliver: a watch, followed logs, a shell that waits for input',
    async () => {
      const inside = ['-n', namespace.name];
      const options = { timeoutMs: 8 * minutes };
      const watch = alice.startKubectl(
        ['get', 'configmaps', ...inside, '-w', '-o', 'name', '--field-selector=metadata.name=settings'],
        options,
      );
      const logs = alice.startKubectl(['logs', '-f', 'quiet', ...inside], options);
      const shell = alice.startKubectl(['exec', '-i', 'shell', ...inside, '--', 'sh'], options);
      await gateway.audit.await(
        ({ data }) => data.stage === 'ResponseStarted' && data.sallyport.cluster?.name === 'dev',
        3,
      );
      await pause(6 * minutes);
      await theBed().cluster!.admin.kubectl(['create', 'configmap', 'settings', ...inside]);
      shell.stdin.end('echo still here\n');
      await watch.says(/^configmap\/settings$/m, 3000);
      await shell.says(/^still here$/m, 3000);
      await logs.says(/^woke up$/m, 60_000);
      expect((await shell.ended).code).toBe(0);
      await watch.stop();
      await logs.stop();
    },
    8 * minutes,
  );
});
