import { describe, expect, it } from '@jest/globals';
import { cleanObject, selectField } from './clean-object.ts';

const shown = { environment: false };
const container = {
  name: 'web',
  env: [
    { name: 'A', value: 'planted' },
    { name: 'B', valueFrom: { fieldRef: {} } },
  ],
};

describe('an object of a cluster', () => {
  it('has no managed fields and no copies of itself', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': 'planted',
      'example.com/last-applied-configuration': 'planted',
      'kapp.k14s.io/original': 'planted',
      note: 'kept',
    };
    expect(cleanObject({ metadata: { managedFields: ['planted'], annotations } }, shown)).toEqual({
      metadata: { annotations: { note: 'kept' } },
    });
  });

  it('hides the values of variables wherever a pod is described, unless they may be shown', () => {
    const object = { spec: { jobTemplate: { spec: { template: { spec: { initContainers: [container] } } } } } };
    const text = JSON.stringify(cleanObject(object, shown));
    expect([text.includes('planted'), text.includes('(hidden)'), text.includes('fieldRef')]).toEqual([
      false,
      true,
      true,
    ]);
    expect(cleanObject(object, { environment: true })).toEqual(object);
  });

  it('hides them in custom resources too, which have maps and other values', () => {
    const reference = { valueFrom: { secretKeyRef: { name: 'x' } } };
    const object = {
      spec: { env: { A: 'planted', B: 7, C: reference, D: '' }, more: { env: [{ name: 'E', value: 8 }] } },
    };
    expect(cleanObject(object, shown)).toEqual({
      spec: {
        env: { A: '(hidden)', B: '(hidden)', C: reference, D: '' },
        more: { env: [{ name: 'E', value: '(hidden)' }] },
      },
    });
  });

  it('hides the values of a Secret, alone or within another object', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      data: { key: 'planted' },
      stringData: { other: 'planted' },
    };
    const hidden = { ...secret, data: { key: '(hidden)' }, stringData: { other: '(hidden)' } };
    for (const environment of [true, false]) {
      expect(cleanObject(secret, { environment })).toEqual(hidden);
      expect(cleanObject({ spec: { objects: [secret] } }, { environment })).toEqual({ spec: { objects: [hidden] } });
    }
    expect(cleanObject({ ...secret, data: 'planted' }, shown)).toMatchObject({ data: '(hidden)' });
    const map = { apiVersion: 'v1', kind: 'ConfigMap', data: { key: 'kept' } };
    expect(cleanObject(map, shown)).toEqual(map);
  });

  it('may be hostile', () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 5000; level += 1) deep = [deep];
    expect(JSON.stringify(cleanObject(deep, shown))).toContain('(too deep)');
    const own = JSON.parse('{"__proto__": {"polluted": true}, "env": "text", "annotations": null}') as object;
    expect(JSON.stringify(cleanObject(own, shown))).toBe(JSON.stringify(own));
    expect('polluted' in {}).toBe(false);
    expect(selectField(own, 'constructor.name')).toBeUndefined();
    expect(selectField({ list: ['a', 'b'] }, 'list.1')).toBe('b');
    expect(selectField({ list: ['a'] }, 'list.length')).toBeUndefined();
  });
});
