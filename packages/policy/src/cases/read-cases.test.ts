import { describe, expect, it } from '@jest/globals';
import { readCases } from './read-cases.ts';

const place = (path: readonly unknown[]) => ({ line: path.length });

describe('test cases next to a given policy', () => {
  const read = (data: unknown, most?: number) =>
    readCases({ data, place }, { withPolicy: true, ...(most ? { most } : {}) });

  it('need not name it, and may', () => {
    const cases = [{ name: 'a', user: 'alice', verb: 'get', expect: 'allow' }];
    expect(read({ cases })).toMatchObject({
      ok: true,
      file: {
        scope: 'policy',
        cases: [{ name: 'a', line: 2, expect: { effect: 'allow' }, input: { user: { id: 'alice' } } }],
      },
    });
    expect(read({ policy: './p.yaml', cases })).toMatchObject({ ok: true, file: { policy: './p.yaml' } });
    expect(readCases({ data: { cases }, place })).toMatchObject({ ok: false });
  });

  it('name no configuration, and are not read if they are too many', () => {
    const one = { expect: 'deny' };
    expect(read({ config: 'c.yaml', cases: [one] })).toMatchObject({ ok: false, faults: [{ path: ['config'] }] });
    expect(read({ cases: [one, one] }, 2)).toMatchObject({ ok: true });
    expect(read({ cases: [{}, {}, {}] }, 2)).toMatchObject({ ok: false, faults: [{ path: ['cases'] }] });
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', '<img src=x onerror=alert(1)>'],
    ['cases of the wrong type', { cases: [null, [], 'x', { input: [] }] }],
    ['expectations of the wrong type', { cases: [{ expect: { effect: {}, rule: [], reasons: [{}] } }] }],
    ['members of the wrong type', { cases: [{ route: {}, user: 5, groups: { a: 1 }, expect: 'allow' }] }],
    ['names of the wrong type', { scope: {}, policy: [], cases: {} }],
    ['many faults', { cases: Array.from({ length: 5000 }, () => ({ 'x\u202e': 1 })) }],
  ])('are refused with at most a hundred faults, if they are %s', (_what, data) => {
    const result = read(data);
    expect(result.ok ? 0 : result.faults.length).toBeGreaterThan(0);
    expect(result.ok ? 0 : result.faults.length).toBeLessThan(102);
  });
});
