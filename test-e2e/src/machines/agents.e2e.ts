import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import {
  clusterEvents,
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

/** What an agent has open ends within a second. A busy machine gets ten. */
const inTimeMs = 10_000;

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'an agent on a real cluster', () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let alice: Person;
  beforeAll(async () => {
    namespace = await createNamespace();
    const pod = startPod(namespace.name, 'web', 'while true; do sleep 1; done');
    gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
    alice = await gateway.person('alice@example.com');
    await theBed().cluster!.admin.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: namespace.name },
      data: { color: 'green' },
    });
    await pod;
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
  });

  const cluster = () => gateway.clusterUrl().split('/').at(-1)!;
  /** Creates an agent of Alice that reads one namespace, and returns its kubeconfig. */
  async function createAgent(name: string): Promise<string> {
    const file = path.join(alice.home, `${name}.yaml`);
    const scope = ['--read', '--cluster', cluster(), '--namespace', namespace.name, '--for', '1h'];
    const { code, stderr } = await alice.cli(['agent', 'create', name, ...scope, '--kubeconfig', file]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Agent ${name} may get,list,watch in`)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    return file;
  }
  const as = (kubeconfig: string) => {
    const env = { KUBECONFIG: kubeconfig, KUBECACHEDIR: path.join(alice.home, 'agent-cache') };
    return {
      run: (...args: string[]) => alice.tryKubectl(args, { env }),
      watch: () => alice.startKubectl(['get', 'configmaps', '--watch'], { env }),
    };
  };
  /** Opens a watch of an agent, and returns how long after the end of the agent it has ended, in milliseconds. */
  async function endOfWatch(name: string, end: () => Promise<unknown>): Promise<number> {
    const watch = as(await createAgent(name)).watch();
    await watch.says(/settings/);
    const ended = watch.ended.then(() => Date.now());
    await end();
    // The command itself takes a while to start, so it counts from the event.
    const [event] = await gateway.audit.await(
      ({ type, data }) => /^agent\.(?:revoked|ended)$/.test(type) && data.sallyport.agent?.name === name,
    );
    return (await ended) - Date.parse(event!.time);
  }

  it('reads what its scope names, and is refused everything else', async () => {
    const { run } = as(await createAgent('reader'));
    const { code, stdout, stderr } = await run('get', 'configmap', 'settings', '-o', 'jsonpath={.data.color}');
    expect([code, stdout, stderr]).toEqual([0, 'green', '']);
    const refusals: [args: string[], part: string][] = [
      [['delete', 'configmap', 'settings'], 'verbs'],
      [['get', 'secrets'], 'secrets'],
      [['exec', 'web', '--', 'id'], 'shell'],
      [['get', 'pods', '-A'], 'namespaces'],
      [['get', 'nodes'], 'namespaces'],
      [['get', 'pods', '--as', 'bob@example.com'], 'impersonate'],
    ];
    for (const [args, part] of refusals)
      expect(await run(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(`agent/reader.${part}`) });
  });

  it('appears in both audit logs as an agent of its person', async () => {
    const [event] = await gateway.audit.await(
      ({ type, data }) =>
        type === 'k8s.request' && data.sallyport.agent?.name === 'reader' && data.responseStatus?.code === 200,
    );
    expect(event!.data).toMatchObject({
      user: { username: 'alice@example.com', extra: { 'sallyport.dev/agent': ['reader'] } },
      sallyport: { credentialKind: 'agent', identity: { email: 'alice@example.com' } },
    });
    await eventually('the agent in the log of the cluster', () =>
      clusterEvents().find(
        ({ impersonatedUser }) =>
          (impersonatedUser as { extra?: Record<string, string[]> } | undefined)?.extra?.[
            'sallyport.dev/agent'
          ]?.[0] === 'reader',
      ),
    );
  });

  it('is found in the trail by its name, and what its person does without it is not', async () => {
    const found = await eventually('the events of the agent in the store', async () => {
      const { code, stdout } = await alice.cli(['audit', 'search', '--agent', 'reader', '-o', 'json']);
      expect(code).toBe(0);
      const { events } = JSON.parse(stdout) as { events: AuditRecord[] };
      return events.some(({ data }) => data.responseStatus?.code === 403) && events;
    });
    expect(new Set(found.map(({ data }) => data.sallyport.agent?.name))).toEqual(new Set(['reader']));
  });

  it('is not needed by a service account, which has its own name until it is revoked', async () => {
    const file = path.join(alice.home, 'service-account');
    const asked = ['service-account', 'create', 'deployer', '--groups', 'developers', '--for', '1h', '--out', file];
    expect(await alice.cli(asked)).toMatchObject({ code: 0 });
    const token = readFileSync(file, 'utf8').trim();
    const read = async () => {
      const target = `${new URL(gateway.clusterUrl()).pathname}/api/v1/namespaces/${namespace.name}/configmaps/settings`;
      return (await gateway.request(target, { token })).status;
    };
    expect(await read()).toBe(200);
    const [event] = await gateway.audit.await({ type: 'k8s.request', user: 'service-account:deployer' });
    expect(event!.data.sallyport.credentialKind).toBe('service-account');
    expect(await alice.cli(['service-account', 'revoke', 'deployer'])).toMatchObject({ code: 0 });
    expect(await read()).toBe(401);
    // What is granted to the name is for no one else, until it is released.
    const bob = await gateway.person('bob@example.com');
    const taken = ['service-account', 'create', 'deployer', '--groups', 'sre', '--for', '1h'];
    expect(await bob.cli(taken)).toMatchObject({ code: 5, stderr: expect.stringContaining('is not free') });
    const carol = await gateway.person('carol@example.com');
    expect(await carol.cli(['service-account', 'release', 'deployer'])).toMatchObject({ code: 5 });
    expect(await alice.cli(['service-account', 'release', 'deployer'])).toMatchObject({ code: 0 });
    const [released] = await gateway.audit.await({ type: 'service_account.name.released' });
    expect(released!.data.user.username).toBe('alice@example.com');
    expect(await bob.cli(taken)).toMatchObject({ code: 0 });
  });

  it('loses its open watch within a second of its revocation', async () => {
    expect(await endOfWatch('watcher', () => alice.cli(['agent', 'revoke', 'watcher']))).toBeLessThan(inTimeMs);
  });

  it('loses its open watch within a second of the logout of its person, and is refused from then on', async () => {
    expect(await endOfWatch('orphan', () => alice.cli(['logout']))).toBeLessThan(inTimeMs);
    const { code, stderr } = await as(path.join(alice.home, 'orphan.yaml')).run('get', 'configmaps');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/has ended|logged in/)]);
  });
});
