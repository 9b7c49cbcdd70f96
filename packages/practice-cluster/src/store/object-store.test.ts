import { describe, expect, it } from '@jest/globals';
import { configMaps, namespaces } from '../kinds/kinds.ts';
import { ObjectStore } from './object-store.ts';
import type { StoreEvent } from './object-store.ts';

function configMap(name: string, value = ''): Parameters<ObjectStore['create']>[1] {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'dev' }, data: { value } };
}

describe('the store', () => {
  it('assigns a version to every change', () => {
    const store = new ObjectStore();
    const versions = [
      store.create(configMaps, configMap('a')),
      store.replace(configMaps, configMap('a', 'b')),
      store.remove(configMaps, 'dev', 'a'),
    ].map(({ metadata }) => Number(metadata.resourceVersion));
    expect(versions).toEqual([2, 3, 4]);
    expect(store.version).toBe(4);
  });

  it('refuses to create an existing object and to remove a missing one', () => {
    const store = new ObjectStore();
    store.create(configMaps, configMap('a'));
    expect(() => store.create(configMaps, configMap('a'))).toThrow('configmaps "a" already exists');
    expect(() => store.remove(configMaps, 'prod', 'a')).toThrow('configmaps "a" not found');
  });

  it('lists objects in order of name, in one namespace or all', () => {
    const store = new ObjectStore();
    for (const name of ['b', 'a', 'c']) store.create(configMaps, configMap(name));
    store.create(configMaps, { ...configMap('0'), metadata: { name: '0', namespace: 'prod' } });
    expect(store.list(configMaps).map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', '0']);
    expect(store.list(configMaps, 'prod')).toHaveLength(1);
    expect(store.list(namespaces)).toEqual([]);
  });

  it('passes the previous object to listeners, and can replay changes', () => {
    const store = new ObjectStore();
    const seen: StoreEvent[] = [];
    const stop = store.subscribe((event) => seen.push(event));
    store.create(configMaps, configMap('a'));
    store.replace(configMaps, configMap('a', 'new'));
    stop();
    store.remove(configMaps, 'dev', 'a');
    expect(seen.map(({ type, previous }) => [type, previous?.data])).toEqual([
      ['ADDED', undefined],
      ['MODIFIED', { value: '' }],
    ]);
    expect(store.since(2)?.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
  });

  it('drops old changes instead of growing, and reports that', () => {
    const store = new ObjectStore();
    store.create(configMaps, configMap('a'));
    for (let turn = 0; turn < 1500; turn += 1) store.replace(configMaps, configMap('a', String(turn)));
    expect(store.since(2)).toBeUndefined();
    expect(store.since(store.version)).toEqual([]);
    expect(store.since(store.version - 100)).toHaveLength(100);
  });
});
