import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { freePort } from '@sallyport/bed';
import { startPod, type Person } from '../harness/index.ts';
import { useHelm } from '../road/use-helm.ts';

/** Starts the pod `web` for `workIn`: it logs lines and serves a page. */
export function startWorkload(namespace: string): Promise<void> {
  return startPod(
    namespace,
    'web',
    'for i in 1 2 3; do echo line $i; done; mkdir -p /tmp/site; echo hello > /tmp/site/index.html; httpd -p 8080 -h /tmp/site; while sleep 1; do echo tick; done',
  );
}

/** Does as a person what people do with the pod `web` of a namespace: exec, logs, port-forward, cp, a release of Helm. */
export async function workIn(namespace: string, person: Person): Promise<void> {
  await runCommands(namespace, person);
  const logs = person.startKubectl(['logs', '-f', '-n', namespace, 'web']);
  await logs.says(/line 1\nline 2\nline 3\n(tick\n)+/);
  await logs.stop();
  const port = await freePort();
  const forward = person.startKubectl(['port-forward', '-n', namespace, 'pod/web', `${port}:8080`]);
  await forward.says(/Forwarding from/);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello\n');
  await forward.stop();
  const [there, back] = ['there', 'back'].map((name) => path.join(person.home, name));
  writeFileSync(there!, Buffer.alloc(300_000, 'x'));
  await person.kubectl(['cp', '-n', namespace, there!, 'web:/tmp/file']);
  await person.kubectl(['cp', '-n', namespace, 'web:/tmp/file', back!]);
  expect(readFileSync(back!).equals(readFileSync(there!))).toBe(true);
  await useHelm(person, namespace);
}

/** Over WebSocket and over SPDY, with input, output, errors and an exit code. */
async function runCommands(namespace: string, person: Person): Promise<void> {
  for (const webSockets of ['true', 'false']) {
    const result = await person.tryKubectl(
      ['exec', '-i', '-n', namespace, 'web', '--', 'sh', '-c', 'wc -c; echo oops >&2; exit 3'],
      { env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets }, input: 'twelve bytes' },
    );
    expect(result).toMatchObject({ code: 3, stdout: '12\n', stderr: expect.stringContaining('oops') });
  }
}
