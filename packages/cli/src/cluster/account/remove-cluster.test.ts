import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadKubeconfigReader, startClusterRig, type ClusterRig } from '../../testing/cluster-rig.ts';

const namespace = '/api/v1/namespaces/sallyport';
let { rig, cluster } = {} as ClusterRig;
beforeAll(loadKubeconfigReader);
beforeEach(async () => {
  ({ rig, cluster } = await startClusterRig());
});
afterEach(async () => {
  await cluster.close();
  rig.remove();
});
const add = (...args: string[]) => rig.run('cluster', 'add', 'prod', '--kubeconfig', 'admin', ...args);

describe('sallyport cluster remove', () => {
  const remove = (...args: string[]) => rig.run('cluster', 'remove', 'prod', '--kubeconfig', 'admin', ...args);

  it('deletes what add made, with both tokens', async () => {
    await add('--token', 'secret');
    expect(cluster.objects.size).toBe(5);
    const { code, out } = await remove('--yes');
    expect([code, out]).toEqual([0, expect.stringContaining('deleted  ClusterRoleBinding sallyport-gateway')]);
    expect([...cluster.objects.keys()]).toEqual([]);
    expect(await remove()).toMatchObject({ code: 0, out: 'There is nothing to remove for the cluster prod.\n' });
  });

  it('asks first', async () => {
    await add();
    expect(await remove()).toMatchObject({ code: 2, err: expect.stringContaining('To confirm, add --yes') });
    expect(cluster.objects.size).toBe(4);
  });

  it('leaves what it did not make, and a namespace with anything else in it', async () => {
    await add();
    cluster.objects.set(`${namespace}/configmaps/mine`, { kind: 'ConfigMap', metadata: { name: 'mine', uid: 'x' } });
    const metadata = { name: 'sallyport-gateway-token', namespace: 'sallyport', uid: 'y' };
    const other = { kind: 'Secret', metadata };
    cluster.objects.set(`${namespace}/secrets/sallyport-gateway-token`, other);
    const { code, err } = await remove('--yes');
    expect(code).toBe(0);
    expect(err).toContain('Note: the Secret sallyport/sallyport-gateway-token stays: it was not made by');
    expect(err).toMatch(/Note: the Namespace sallyport stays: it has other objects: .*configmaps\/mine/);
    expect([...cluster.objects.keys()].toSorted()).toEqual([
      namespace,
      `${namespace}/configmaps/mine`,
      `${namespace}/secrets/sallyport-gateway-token`,
    ]);
  });

  it('leaves the account of another cluster', async () => {
    await rig.run('cluster', 'add', 'other', '--kubeconfig', 'admin');
    const before = [...cluster.objects.keys()];
    expect(await remove('--yes')).toMatchObject({
      code: 0,
      err: expect.stringContaining('made for the cluster "other"'),
    });
    expect([...cluster.objects.keys()]).toEqual(before);
  });
});
