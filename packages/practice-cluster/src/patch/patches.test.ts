import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../objects/api-error.ts';
import { patchFor, mergePatch } from './apply-patch.ts';
import { jsonPatch } from './json-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

function refusal(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiError) return error.status.code;
    throw error;
  }
  return 0;
}

const json = fc.jsonValue({ maxDepth: 4 });

describe('a merge patch', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [['a'], { a: 'b' }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of RFC 7396: %j with %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  it('has no further effect when applied twice', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});

describe('a JSON patch', () => {
  const target = { a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2 };
  it.each([
    [[{ op: 'add', path: '/a/b/1', value: 9 }], { a: { b: [1, 9, 2, 3] } }],
    [[{ op: 'add', path: '/a/b/-', value: 9 }], { a: { b: [1, 2, 3, 9] } }],
    [[{ op: 'remove', path: '/a/b/0' }], { a: { b: [2, 3] } }],
    [[{ op: 'replace', path: '/x~1y', value: 7 }], { 'x/y': 7 }],
    [[{ op: 'move', from: '/m~0n', path: '/a/c' }], { a: { b: [1, 2, 3], c: 2 } }],
    [
      [
        { op: 'copy', from: '/a/b', path: '/d' },
        { op: 'add', path: '/d/0', value: 0 },
      ],
      { a: { b: [1, 2, 3] }, d: [0, 1, 2, 3] },
    ],
    [[{ op: 'test', path: '/a/b/2', value: 3 }], {}],
  ])('applies %j', (patch, part) => {
    expect(jsonPatch(target, patch)).toMatchObject(part);
    expect(target).toEqual({ a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2 });
  });

  it.each([
    [[{ op: 'test', path: '/a/b/2', value: 4 }], 422],
    [[{ op: 'remove', path: '/nope' }], 422],
    [[{ op: 'add', path: '/a/b/4', value: 1 }], 422],
    [[{ op: 'replace', path: '/a/b/3', value: 1 }], 422],
    [[{ op: 'add', path: '/a/b/01', value: 1 }], 422],
    [[{ op: 'add', path: '/constructor/prototype/x', value: 1 }], 422],
    [[{ op: 'add', path: '/__proto__', value: 1 }], 400],
    [[{ op: 'jump', path: '/a' }], 400],
    [[{ op: 'add' }], 400],
    [[{ op: 'move', path: '/a' }], 400],
    [[{ op: 'add', path: 'a', value: 1 }], 400],
    [[{ op: 'remove', path: '' }], 400],
    [{}, 400],
    [[null], 400],
  ])('%j is refused', (patch, code) => {
    expect(refusal(() => jsonPatch(target, patch))).toBe(code);
  });

  it('of any form is either applied or refused', () => {
    const pointer = fc
      .array(fc.constantFrom('a', 'b', '0', '1', '-', '~0', '__proto__', ''), { maxLength: 3 })
      .map((parts) => parts.map((part) => `/${part}`).join(''));
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: pointer,
      from: pointer,
      value: json,
    });
    fc.assert(
      fc.property(json, fc.array(operation, { maxLength: 5 }), (document, patch) => {
        expect([0, 400, 422]).toContain(refusal(() => jsonPatch(document, patch)));
      }),
      { numRuns: 500 },
    );
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});

describe('a strategic merge patch', () => {
  const pod = {
    spec: {
      containers: [
        {
          name: 'a',
          image: '1',
          env: [
            { name: 'X', value: '1' },
            { name: 'Y', value: '2' },
          ],
          ports: [{ containerPort: 80 }],
        },
        { name: 'b', image: '2' },
      ],
      tolerations: [{ key: 'k' }],
    },
    metadata: { finalizers: ['one'] },
  };

  it('merges lists by their key and keeps the other elements', () => {
    expect(
      strategicMerge(pod, {
        spec: {
          containers: [
            { name: 'b', image: '3' },
            { name: 'c', image: '4' },
          ],
        },
      }),
    ).toMatchObject({
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '3' },
          { name: 'c', image: '4' },
        ],
      },
    });
    expect(
      strategicMerge(pod, {
        spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '9' }], ports: [{ containerPort: 81 }] }] },
      }),
    ).toMatchObject({
      spec: {
        containers: [
          {
            name: 'a',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '9' },
            ],
            ports: [{ containerPort: 81 }, { containerPort: 80 }],
          },
          { name: 'b' },
        ],
      },
    });
  });

  it('replaces lists without a key', () => {
    expect(strategicMerge(pod, { spec: { tolerations: [{ key: 'z' }] } })).toMatchObject({
      spec: { tolerations: [{ key: 'z' }] },
    });
  });

  it('identifies a service port by its port number', () => {
    expect(
      strategicMerge({ spec: { ports: [{ port: 80, name: 'a' }] } }, { spec: { ports: [{ port: 80, name: 'b' }] } }),
    ).toEqual({ spec: { ports: [{ port: 80, name: 'b' }] } });
  });

  it('follows the directives', () => {
    expect(strategicMerge(pod, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } })).toMatchObject({
      spec: { containers: [{ name: 'b' }] },
    });
    expect(strategicMerge(pod, { spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } })).toMatchObject({
      spec: { containers: [{ name: 'z' }] },
    });
    expect(strategicMerge(pod, { spec: { $patch: 'replace', x: 1 } })).toMatchObject({ spec: { x: 1 } });
    expect(strategicMerge(pod, { spec: { $retainKeys: ['containers'], containers: [] } })).toEqual({
      ...pod,
      spec: { containers: pod.spec.containers },
    });
    expect(strategicMerge(pod, { metadata: { finalizers: ['two', 'one'] } })).toMatchObject({
      metadata: { finalizers: ['two', 'one'] },
    });
    expect(strategicMerge(pod, { metadata: { '$deleteFromPrimitiveList/finalizers': ['one'] } })).toMatchObject({
      metadata: { finalizers: [] },
    });
    expect(
      strategicMerge(pod, { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } }),
    ).toMatchObject({ spec: { containers: [{ name: 'b' }, { name: 'a' }] } });
    expect(strategicMerge(pod, { spec: { containers: null } })).toEqual({
      ...pod,
      spec: { tolerations: [{ key: 'k' }] },
    });
  });

  it('sorts a merged list in the order of the patch, and keeps the place of other elements', () => {
    const names = (before: string[], patch: string[], order?: string[]): unknown => {
      const list = (all: string[]): { name: string }[] => all.map((name) => ({ name }));
      const { containers } = strategicMerge(
        { containers: list(before) },
        { containers: list(patch), ...(order && { '$setElementOrder/containers': list(order) }) },
      ) as { containers: { name: string }[] };
      return containers.map(({ name }) => name).join('');
    };
    expect([
      names(['c', 'a', 'b'], ['a', 'c', 'b']),
      names(['b'], ['c', 'a', 'b']),
      names(['x', 'a', 'y', 'b'], ['b', 'a']),
      names(['a', 'b', 'c'], ['b'], ['c', 'b']),
    ]).toEqual(['acb', 'cab', 'xyba', 'acb']);
  });

  it.each([
    [1],
    [[]],
    [{ spec: { containers: [1] } }],
    [{ spec: { containers: [{ image: 'x' }] } }],
    [{ spec: { $patch: 'explode' } }],
  ])('%j is refused', (patch) => {
    expect(refusal(() => strategicMerge(pod, patch))).toBe(400);
  });

  it('never changes its target', () => {
    const before = structuredClone(pod);
    fc.assert(
      fc.property(json, (value) => {
        refusal(() => strategicMerge(pod, { spec: value, metadata: value }));
        expect(pod).toEqual(before);
      }),
    );
  });
});

describe('a media type', () => {
  it('of server-side apply is refused with an alternative', () => {
    expect(() => patchFor('application/apply-patch+yaml')).toThrow('--server-side=false');
    expect(refusal(() => patchFor('application/apply-patch+yaml'))).toBe(415);
    expect(refusal(() => patchFor('text/plain'))).toBe(415);
  });
});
