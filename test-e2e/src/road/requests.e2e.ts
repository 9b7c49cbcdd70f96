import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  eventually,
  joinAuditLogs,
  realClusterAccess,
  roleBinding,
  startGateway,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl'],
  'kubectl through four processes to a real API server',
  () => {
    let gateway: Gateway;
    let alice: Person;
    let namespace: TestNamespace;
    let inside: string[];
    beforeAll(async () => {
      gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
      alice = await gateway.person('alice@example.com');
    });
    afterAll(() => gateway?.stop());
    beforeEach(async () => {
      namespace = await createNamespace();
      inside = ['-n', namespace.name];
    });
    afterEach(() => namespace.remove());

    const configMap = (data: Record<string, string>) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data });
    const dataOf = async () =>
      JSON.parse(await alice.kubectl(['get', 'configmap', 'settings', ...inside, '-o', 'jsonpath={.data}'])) as Record<
        string,
        string
      >;

    it('creates, gets, lists, describes and deletes', async () => {
      expect(await alice.kubectl(['create', 'configmap', 'settings', '--from-literal=colour=blue', ...inside])).toBe(
        'configmap/settings created\n',
      );
      expect(await dataOf()).toEqual({ colour: 'blue' });
      expect(await alice.kubectl(['get', 'configmaps', ...inside, '-o', 'name'])).toContain('configmap/settings\n');
      expect(await alice.kubectl(['describe', 'configmap', 'settings', ...inside])).toContain('colour:\n----\nblue');
      expect(await alice.kubectl(['delete', 'configmap', 'settings', ...inside])).toBe(
        `configmap "settings" deleted from ${namespace.name} namespace\n`,
      );
      const gone = await alice.tryKubectl(['get', 'configmap', 'settings', ...inside]);
      expect(gone).toMatchObject({
        code: 1,
        stderr: 'Error from server (NotFound): configmaps "settings" not found\n',
      });
    });

    it('applies client-side and server-side', async () => {
      const apply = (data: Record<string, string>, ...more: string[]) =>
        alice.kubectl(['apply', '-f', '-', ...inside, ...more], { input: configMap(data) });
      expect(await apply({ colour: 'blue' })).toBe('configmap/settings created\n');
      expect(await apply({ colour: 'red' })).toBe('configmap/settings configured\n');
      expect(await apply({ colour: 'red', shape: 'round' }, '--server-side', '--force-conflicts')).toBe(
        'configmap/settings serverside-applied\n',
      );
      expect(await dataOf()).toEqual({ colour: 'red', shape: 'round' });
      const managers = await alice.kubectl([
        'get',
        'configmap',
        'settings',
        ...inside,
        '--show-managed-fields',
        '-o',
        'jsonpath={.metadata.managedFields[?(@.operation=="Apply")].manager}',
      ]);
      expect(managers.split(' ')).toContain('kubectl');
    });

    it('replaces an existing object', async () => {
      await alice.kubectl(['create', 'configmap', 'settings', '--from-literal=colour=blue', ...inside]);
      expect(await alice.kubectl(['replace', '-f', '-', ...inside], { input: configMap({ shape: 'square' }) })).toBe(
        'configmap/settings replaced\n',
      );
      expect(await dataOf()).toEqual({ shape: 'square' });
    });

    it('edits with an editor, and patches with each of the three types', async () => {
      await alice.kubectl(['create', 'configmap', 'settings', '--from-literal=colour=blue', ...inside]);
      const editor = path.join(alice.home, 'editor.sh');
      writeFileSync(editor, '#!/bin/sh\nsed -i s/blue/green/ "$1"\n');
      chmodSync(editor, 0o700);
      expect(await alice.kubectl(['edit', 'configmap', 'settings', ...inside], { env: { KUBE_EDITOR: editor } })).toBe(
        'configmap/settings edited\n',
      );
      expect(await dataOf()).toEqual({ colour: 'green' });
      const patch = (type: string, text: object) =>
        alice.kubectl(['patch', 'configmap', 'settings', ...inside, '--type', type, '-p', JSON.stringify(text)]);
      await patch('strategic', { data: { a: '1' } });
      await patch('merge', { data: { colour: null } });
      await patch('json', [{ op: 'add', path: '/data/b', value: '2' }]);
      expect(await dataOf()).toEqual({ a: '1', b: '2' });
    });

    it('watches, and receives each change as it happens', async () => {
      const watch = alice.startKubectl([
        'get',
        'configmaps',
        ...inside,
        '-w',
        '-o',
        'name',
        '--field-selector=metadata.name=settings',
      ]);
      await gateway.audit.await(
        (record) =>
          record.data.verb === 'watch' &&
          record.data.objectRef?.namespace === namespace.name &&
          record.data.stage === 'ResponseStarted',
      );
      const { admin } = theBed().cluster!;
      await admin.kubectl(['create', 'configmap', 'settings', ...inside]);
      await watch.says(/^configmap\/settings$/m);
      await admin.kubectl(['label', 'configmap', 'settings', 'seen=yes', ...inside]);
      await watch.says(/configmap\/settings\nconfigmap\/settings\n/);
      await watch.stop();
      const [end] = await gateway.audit.await(
        (record) =>
          record.data.verb === 'watch' &&
          record.data.objectRef?.namespace === namespace.name &&
          record.data.stage === 'ResponseComplete',
      );
      expect(end!.data.responseStatus?.code).toBe(200);
    });

    it('waits for a condition of a pod that it created', async () => {
      const { node } = theBed().cluster!;
      await alice.kubectl([
        'run',
        'web',
        ...inside,
        `--image=${node!.image}`,
        '--image-pull-policy=Never',
        '--restart=Never',
      ]);
      await alice.kubectl(['wait', '--for=condition=Ready', 'pod/web', ...inside, '--timeout=240s']);
      expect(await alice.kubectl(['get', 'pods', ...inside, '--no-headers'])).toMatch(
        /^web +1\/1 +Running +0 +\d+[ms]\S*\n$/,
      );
    });

    it('authorizes by a binding on a group of the provider, as soon as it exists and only as long as it exists', async () => {
      const { admin } = theBed().cluster!;
      const own = await createNamespace({ bound: false });
      const create = () => alice.tryKubectl(['create', 'configmap', `c-${Date.now()}`, '-n', own.name]);
      const refused = await create();
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /^error: failed to create configmap: configmaps is forbidden: User "alice@example.com" cannot create resource "configmaps" in API group "" in the namespace "e2e-[0-9a-f]+"\n$/,
      );
      await admin.apply(roleBinding(own.name, 'developers', 'edit'));
      await eventually('the binding to apply', async () => (await create()).code === 0);
      await admin.kubectl(['delete', 'rolebinding', 'developers-edit', '-n', own.name]);
      await eventually('the binding to be gone', async () => (await create()).code === 1);
      const bob = await gateway.person('bob@example.com');
      expect((await bob.tryKubectl(['get', 'configmaps', '-n', own.name])).stderr).toContain(
        'User "bob@example.com" cannot list resource "configmaps"',
      );
      await own.remove();
    });

    it("shows the cluster's own refusal and no rule of ours if RBAC denies it", async () => {
      const { token } = await gateway.login('alice@example.com');
      const answer = await gateway.request('/clusters/dev/api/v1/nodes', { token });
      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({
        kind: 'Status',
        reason: 'Forbidden',
        message: expect.stringContaining('User "alice@example.com" cannot list resource "nodes"'),
      });
      expect(answer.text).not.toContain('policy');
    });

    it('supports kubectl auth can-i', async () => {
      expect(await alice.kubectl(['auth', 'can-i', 'create', 'pods', ...inside])).toBe('yes\n');
      expect((await alice.tryKubectl(['auth', 'can-i', 'create', 'pods', '-n', 'kube-system'])).stdout).toBe('no\n');
    });

    it("leaves the same requests in the cluster's audit log and in ours, under one id", async () => {
      const join = await joinAuditLogs(gateway);
      expect(join).toMatchObject({ lost: [], leaked: [], unknown: [] });
      expect(join.joined.filter(({ ours, theirs }) => ours.user !== theirs.user || ours.verb !== theirs.verb)).toEqual(
        [],
      );
      expect(new Set(join.joined.map(({ ours }) => ours.verb))).toEqual(
        new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']),
      );
    });
  },
);
